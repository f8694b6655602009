/** What went wrong, in English: what happened and what to do. */
import type { PageFailures } from "./page-failure.ts";

export const enFailures = {
  ERR_INVITE_INVALID: "This invitation is not valid. Ask whoever sent it for a new one.",
  ERR_INVITE_SPENT: "This invitation has been used up. Ask for a new one.",
  ERR_INVITE_EXPIRED: "This invitation has expired. Ask for a new one.",
  ERR_LINK: "This is not a Rempart link, or it was cut short. Copy it again, to the last character.",
  ERR_OTHER_ORIGIN: "This link belongs to another server. Open it in the browser’s address bar.",
  ERR_LINK_EMPTY: "Paste a link first.",
  ERR_CONTACT_LINK: "This link adds a contact; to make an account you need an invitation.",
  ERR_LINK_WITHOUT_CONTACT: "This link only makes new accounts; you have one already.",
  ERR_NAME_EMPTY: "A name is needed.",
  ERR_PHRASE: "Those are not the right words. Look at what you wrote down and try again.",
  ERR_OFFLINE: "There is no connection to the server. Try again when there is.",
  ERR_TIMEOUT: "The server did not answer in time. Look whether it was done before trying again.",
  ERR_CLOSED: "The window that was doing this was closed. Look whether it was done before trying again.",
  ERR_BUSY: "The server is very busy. Try again in a moment.",
  ERR_QUOTA: "The server's limit for this is reached. Try again later.",
  ERR_STORAGE_FULL: "The server's disk is full. Whoever runs it has to make room.",
  ERR_SHUTTING_DOWN: "The server is being restarted. Try again in a moment.",
  ERR_VERSION: "This page is older than the server. Reload it.",
  ERR_DENIED: "The server did not allow this.",
  ERR_PERMISSION: "Your role in this group does not allow this.",
  ERR_INACTIVE: "You are no longer a member of this conversation.",
  ERR_HYBRID_FULL:
    "This group has as many devices as post-quantum encryption allows. Make a new group with everyone in it.",
  ERR_FILE_TOO_LARGE: "This file is too large.",
  ERR_FILE_DAMAGED: "This file is not what its sender uploaded; it was not opened.",
  ERR_OTHER_SERVER: "This link belongs to another server than your account.",
  ERR_OWN_LINK: "This is your own link.",
  ERR_NO_KEY_PACKAGE: "This person cannot be reached just now: their device has to come online first.",
  ERR_SERVER_FORK:
    "The server showed members of this conversation different histories. Compare with them over another channel what was written.",
  ERR_ACCOUNT_EXISTS: "There is an account in this browser already.",
} as const satisfies Readonly<Record<string, string>>;

export const enPageFailures: PageFailures = {
  ERR_INSECURE_CONTEXT: {
    title: "This address is not secure",
    advice:
      "Browsers offer encryption and private storage only over https, or on this computer itself. Open Rempart by its https address.",
  },
  ERR_BROWSER_TOO_OLD: {
    title: "This browser cannot run Rempart",
    advice:
      "It lacks private file storage or locks. Use a current Firefox, Chrome, Edge or Safari, not in a private window.",
  },
  ERR_LOCAL_FULL: {
    title: "There is no room left on this device",
    advice: "Nothing that was sent is lost. Free some space on the disk, or let this site store more, and try again.",
  },
  ERR_LOCAL_CORRUPT: {
    title: "The database in this browser is damaged",
    advice:
      "Rempart has stopped so as not to make it worse. Restart the browser and try again; if that does not help, you need your recovery phrase.",
  },
  ERR_LOCAL_STORAGE: {
    title: "This browser does not let Rempart store anything",
    advice:
      "Leave private browsing and allow this site to keep data. If another program is using the browser's profile, close it and try again.",
  },
  ERR_STORAGE_WIPED: {
    title: "The data in this browser was removed",
    advice:
      "There was an account here, and its keys and messages are gone: the browser, or somebody, has cleared this site's data. With a new invitation you can start afresh; keep your recovery phrase.",
  },
  ERR_ENGINE_LOAD: {
    title: "Rempart could not be loaded completely",
    advice: "A part of the program did not arrive. Check the connection and try again.",
  },
  default: {
    title: "Rempart has stopped",
    advice: "Something happened that should not have. Nothing that was sent is lost. Try again.",
  },
};
