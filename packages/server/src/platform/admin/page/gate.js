// The gate's page: asks for /gate.json once a second while it is looked at, and shows it.

const pollMs = 1_000;
const byId = (id) => document.getElementById(id);
/** Sources of each kind on the page. */
const shownMax = 12;
const numbers = new Intl.NumberFormat("en");
const countryNames = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
const time = (at) => new Date(at).toLocaleTimeString("en-GB");

const stages = {
  accept: "Accepted, nothing read yet",
  peek: "First bytes (peek)",
  tls: "TLS handshake",
  head: "Request head",
  proof: "Proof",
  admitted: "Admitted (lane A)",
};
const lanes = {
  B: "B · returning, with a ticket",
  C: "C · member, with a token",
  D: "D · newcomer, with work",
  E: "E · nothing shown",
};
const outcomes = {
  "accept-rate": "too many arrivals in all",
  "accept-prefix": "too many from one prefix",
  "accept-denied": "prefix on the deny list",
  "accept-full": "no room",
  "accept-reset": "reset before accepted",
  "peek-timeout": "said nothing in time",
  "peek-junk": "first bytes are no ClientHello",
  "peek-too-long": "ClientHello too long",
  "peek-reset": "went away before TLS",
  "tls-shed": "no turn for its handshake",
  "tls-timeout": "handshake took too long",
  "tls-error": "handshake failed",
  "head-timeout": "request took too long",
  "head-junk": "no HTTP request",
  "head-too-long": "request too long",
  "head-origin": "page of another site",
  "head-reset": "went away in its request",
  website: "asked for the website",
  "proof-timeout": "no proof in time",
  "proof-junk": "no proof at all",
  "proof-reset": "went away before its proof",
  "ticket-forged": "ticket not ours",
  "ticket-expired": "ticket too old",
  "ticket-spent": "ticket used before",
  "ticket-shed": "ticket good, no room",
  "token-forged": "token not ours",
  "token-expired": "token too old",
  "token-unknown-key": "token of a key not in force",
  "token-spent": "token used before",
  "token-shed": "token good, no room",
  "work-seed": "work for an old seed",
  "work-low": "less effort than asked",
  "work-wrong": "work is wrong",
  "work-replayed": "work used before",
  "work-shed": "work good, no room",
  "none-shed": "nothing shown, no room",
  "store-failed": "the spent set could not say",
  stopping: "the server is stopping",
};

let isPaused = false;
let isAsking = false;
let answeredAt = 0;

byId("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  byId("pause").setAttribute("aria-pressed", String(isPaused));
  byId("live").textContent = isPaused ? "Paused" : "Live";
});
byId("explain").addEventListener("submit", (event) => {
  event.preventDefault();
  void explain(byId("address").value.trim());
});
setInterval(() => void poll(), pollMs);
document.addEventListener("visibilitychange", () => void poll());
void poll();

async function poll() {
  if (isPaused || isAsking || document.hidden) return;
  isAsking = true;
  try {
    const response = await fetch("/gate.json", { signal: AbortSignal.timeout(10 * pollMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(await response.json());
    answeredAt = Date.now();
    byId("live").textContent = "Live";
  } catch {
    byId("live").textContent = answeredAt === 0 ? "No answer from the server" : `No answer since ${time(answeredAt)}`;
  } finally {
    isAsking = false;
  }
}

function show(view) {
  document.body.dataset.mode = view.mode;
  setText("mode", view.mode.toUpperCase());
  setText("reason", view.reason);
  const { admitted, closed: _, ...waiting } = view.open;
  setText("inside", numbers.format(admitted));
  setText("unadmitted", numbers.format(Object.values(waiting).reduce((sum, count) => sum + count, 0)));
  setText("arriving", numbers.format(view.perSecond.arrivals));
  setText("admitted", numbers.format(view.perSecond.admitted));
  setText("lost", numbers.format(view.perSecond.lost));
  setText("effort", numbers.format(view.effort));
  showHistory(view);
  showConnections(view);
  showSources(view);
  showKernel(view.kernel);
}

function showConnections({ open, browsing, handshakes, lanes: laneRows, lost }) {
  rows("stages", [
    ...Object.entries(stages).map(([stage, label]) => [[label], open[stage]]),
    [["On the website"], browsing],
  ]);
  setText(
    "handshakes",
    `Handshakes: ${numbers.format(handshakes.waiting)} waiting, ${numbers.format(handshakes.inFlight)} in flight; the oldest waits ${Math.round(handshakes.oldestAgeMs)} ms.`,
  );
  rows(
    "lanes",
    laneRows.map(({ lane, admitted, refused }) => [[lanes[lane]], admitted, refused]),
  );
  rows(
    "outcomes",
    lost.map(({ outcome, count }) => [[outcomes[outcome] ?? outcome, outcome], count]),
    "Nobody yet",
  );
}

function showSources({ sources, table }) {
  rows(
    "prefixes",
    sources.prefixes.slice(0, shownMax).map(({ name, handshakes }) => [[name], handshakes]),
    "None yet",
  );
  const cells = (list, label) =>
    list.slice(0, shownMax).map((cell) => [label(cell.name), cell.prefixes, cell.handshakes]);
  rows(
    "countries",
    cells(sources.countries, (name) => (/^[A-Z]{2}$/.test(name) ? [countryNames.of(name), name] : [name])),
    "None yet",
  );
  rows(
    "networks",
    cells(sources.networks, (name) => [name]),
    "None yet",
  );
  const forgotten = `${numbers.format(sources.forgotten)} more from prefixes that the gate no longer remembers.`;
  setText("forgotten", sources.forgotten === 0 ? "" : forgotten);
  setText(
    "table",
    table === null
      ? "There is no table of countries."
      : `Table of countries: ${table.source} ${table.version}, ${table.licence}. SHA-256 ${table.sha256}`,
  );
}

function showKernel(kernel) {
  byId("kernel").hidden = kernel === null;
  if (kernel === null) return;
  const drops = `${numbers.format(kernel.denied)} first packets dropped from denied prefixes, ${numbers.format(kernel.rate)} above the rate of one address.`;
  setText(
    "kernel-state",
    kernel.isOn ? `In force. ${drops}` : `Not in force: ${kernel.problem ?? "unknown"}. ${drops}`,
  );
}

function showHistory({ history, changes, at }) {
  const width = 720;
  const height = 140;
  const pointMs = 5_000;
  const spanMs = 900_000;
  const x = (moment) => Math.max(0, width - ((at - moment) / spanMs) * width);
  const perSecond = (of) => history.map((point) => ({ at: point.at, value: of(point) / 5 }));
  const series = {
    admitted: perSecond((point) => point.admitted),
    lost: perSecond((point) => point.lost),
    unadmitted: history.map((point) => ({ at: point.at, value: point.unadmitted })),
  };
  const bands = bandsOf(history, pointMs).map(({ mode, from, to }) =>
    svg("rect", { class: mode, x: x(from), y: 0, width: Math.max(0, x(to) - x(from)), height }),
  );
  const paths = Object.entries(series).map(([name, points]) => {
    // Each has its own scale: what matters is when it changed.
    const top = Math.max(1, ...points.map(({ value }) => value));
    const d = points.map(
      ({ at: moment, value }, i) =>
        `${i === 0 ? "M" : "L"}${x(moment).toFixed(1)} ${(height - 4 - (value / top) * (height - 8)).toFixed(1)}`,
    );
    return svg("path", { class: name, d: d.join("") });
  });
  byId("history").replaceChildren(...bands, ...paths);
  const peak = (name) => numbers.format(Math.round(Math.max(0, ...series[name].map(({ value }) => value))));
  byId("history").setAttribute(
    "aria-label",
    `In the last 15 minutes at most ${peak("admitted")} admitted a second, ${peak("lost")} turned away a second, ${peak("unadmitted")} at the gate.`,
  );
  setLegend({ admitted: peak("admitted"), lost: peak("lost"), unadmitted: peak("unadmitted") });
  const items = changes
    .toReversed()
    .map((change) =>
      element("li", `${time(change.at)}  ${change.mode}${change.reason === "" ? "" : `: ${change.reason}`}`),
    );
  byId("changes").replaceChildren(...items);
}

/** Times in which the gate was not in its normal mode, without a break. */
function bandsOf(history, pointMs) {
  const bands = [];
  for (const { at, mode } of history) {
    const last = bands.at(-1);
    if (last?.mode === mode) last.to = at + pointMs;
    else bands.push({ mode, from: at, to: at + pointMs });
  }
  return bands.filter(({ mode }) => mode !== "normal");
}

const legends = { admitted: "admitted a second", lost: "turned away a second", unadmitted: "at the gate" };

function setLegend(peaks) {
  for (const [name, peak] of Object.entries(peaks)) {
    const key = document.querySelector(`.key.${name}`);
    if (key !== null) key.textContent = `${legends[name]}, at most ${peak}`;
  }
}

async function explain(address) {
  const input = byId("address");
  setText("explain-error", "");
  try {
    const response = await fetch("/gate/explain", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ address }),
    });
    const answer = await response.json();
    if (response.ok) showExplanation(answer);
    else failExplain(answer.message);
    input.setAttribute("aria-invalid", String(!response.ok));
  } catch {
    failExplain("the server does not answer");
  }
}

function failExplain(message) {
  byId("explanation").replaceChildren();
  setText("explain-error", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
}

function showExplanation({ source, country, why: [verdict, ...why] }) {
  const place = [source.prefix, country === "" ? "country unknown" : countryNames.of(country)];
  if (source.network !== 0) place.push(`AS${source.network}`);
  const list = document.createElement("ul");
  list.append(...why.map((sentence) => element("li", sentence)));
  byId("explanation").replaceChildren(element("strong", verdict), element("p", place.join(" · ")), list);
}

/** Each row: what it is about (and a remark), then numbers. */
function rows(id, list, empty = "") {
  const made = list.map(([[label, remark], ...values]) => {
    const row = document.createElement("tr");
    const head = element("th", label);
    head.scope = "row";
    if (remark !== undefined) head.append(element("small", remark));
    row.append(head, ...values.map(numberCell));
    return row;
  });
  if (made.length === 0 && empty !== "") {
    const row = document.createElement("tr");
    row.append(element("td", empty));
    made.push(row);
  }
  byId(id).replaceChildren(...made);
}

function numberCell(value) {
  const cell = element("td", numbers.format(value));
  cell.className = "number";
  return cell;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Leaves unchanged text alone, so that a screen reader is not told it again. */
function setText(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}
