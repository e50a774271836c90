// New calls on top of the list as they come. Without this the page is the same, only still.
const live = document.getElementById("live");
const body = document.querySelector("#calls tbody");
const button = live.querySelector("button");
const status = live.querySelector("[role=status]");
const MOST = 200;
const TOLD_EVERY_MS = 10000;

let known = new Set([...body.rows].map((row) => row.dataset.id));
let held = [];
let missed = 0;
let fresh = 0;
let paused = false;
let told = null;
let toldAt = 0;
let gap = false;
let source = null;
let newest = new URL(live.dataset.stream, location.href).searchParams.get("after");

// Nothing moves under a hand: not while a menu is open, a call is chosen, or one is pointed at.
const pointing = matchMedia("(hover: hover)");
const pointed = () => body.matches(pointing.matches ? ":hover, :focus-within" : ":focus-within");
const busy = () => paused || pointed() || body.querySelector("details[open], input:checked") !== null;

function tell() {
  if (source?.readyState === EventSource.CLOSED) return; // that is what was told last
  const waits = busy() && held.length > 0;
  const now = Date.now();
  if (waits === told && now - toldAt < TOLD_EVERY_MS) return; // it is read aloud: not every second
  told = waits;
  toldAt = now;
  const lost = (missed ? `, not shown: ${missed}` : "") + (gap ? ", and some before: reload the page" : "");
  const count = waits ? `New calls waiting: ${held.length}` : `New calls since this page was opened: ${fresh}`;
  const text = waits || fresh || lost ? count + lost : paused ? "paused" : "live";
  if (status.textContent !== text) status.textContent = text;
}

function show() {
  if (!busy() && held.length) {
    for (const old of body.querySelectorAll("tr.fresh")) old.classList.remove("fresh");
    for (const row of held) row.classList.add("fresh");
    body.prepend(...held);
    fresh += held.length;
    held = [];
    while (body.rows.length > MOST) body.deleteRow(-1);
    document.getElementById("none")?.remove();
  }
  tell();
}

function take(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const rows = [...box.content.querySelectorAll("tr")].filter((row) => !known.has(row.dataset.id));
  if (known.size > 20 * MOST) known = new Set([...body.rows, ...held].map((row) => row.dataset.id));
  for (const row of rows) known.add(row.dataset.id);
  held.unshift(...rows);
  missed += Math.max(held.length - MOST, 0);
  held.length = Math.min(held.length, MOST);
  show();
}

// A page that nobody looks at holds no connection: a browser has six of them for each site.
function close() {
  source?.close();
  source = null;
}

function listen() {
  if (source || document.hidden) return;
  const address = new URL(live.dataset.stream, location.href);
  address.searchParams.set("after", newest);
  source = new EventSource(address);
  source.addEventListener("rows", (event) => { newest = event.lastEventId; take(event.data); });
  source.addEventListener("missed", (event) => { missed += Number(event.data); tell(); });
  source.addEventListener("gap", () => { gap = true; tell(); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) status.textContent = "No longer live: reload the page";
  });
}
document.addEventListener("visibilitychange", () => (document.hidden ? close() : listen()));
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", listen);
button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Go on live" : "Pause live";
  toldAt = 0;
  show();
});
body.addEventListener("toggle", show, true);
body.addEventListener("change", show);
body.addEventListener("mouseleave", show);
body.addEventListener("focusout", () => setTimeout(show, 0));
live.hidden = false;
listen();
tell();
setInterval(tell, TOLD_EVERY_MS);
