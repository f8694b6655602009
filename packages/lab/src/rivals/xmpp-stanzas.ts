/** The few pieces of XMPP (RFC 6120) that the lab says, on both sides of the law. */

export interface XmppCredentials {
  readonly user: string;
  readonly password: string;
}

export function streamHeader(domain: string): string {
  return `<stream:stream to='${domain}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;
}

/** SASL PLAIN (RFC 4616). */
export function authStanza({ user, password }: XmppCredentials): string {
  const secret = Buffer.from(`\0${user}\0${password}`).toString("base64");
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`;
}

/** In-band registration (XEP-0077). */
export function registrationStanza({ user, password }: XmppCredentials): string {
  const query = `<query xmlns='jabber:iq:register'><username>${user}</username><password>${password}</password></query>`;
  return `<iq type='set' id='register'>${query}</iq>`;
}

export function bindStanza(resource: string): string {
  const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`;
  return `<iq type='set' id='bind'>${bind}</iq>`;
}
