// Keeps the banner of every page, and the live page, as they are now: fragments of HTML come over
// server-sent events, and each is put into the element whose id stands on its first line.
const at = document.body.dataset.live;
const waiting = new Map();
let source = null;
let kinds = kindsOf(document.getElementById("banner"));

function kindsOf(banner) {
  return banner ? [...banner.querySelectorAll("[data-kind]")].map((one) => one.dataset.kind) : [];
}

function put(id, html) {
  const place = document.getElementById(id);
  if (!place) return;
  if (place.contains(document.activeElement)) {
    waiting.set(id, html); // who is about to press a button keeps it
    return;
  }
  waiting.delete(id);
  const opened = [...place.querySelectorAll("details")].map((one) => one.open);
  place.innerHTML = html;
  place.querySelectorAll("details").forEach((one, at) => (one.open = opened[at] ?? one.open));
  const csrf = document.querySelector('header [name="csrf"]');
  for (const field of place.querySelectorAll('[name="csrf"]')) field.value = csrf ? csrf.value : "";
  if (id === "banner") tell(place);
}

function tell(banner) {
  // Read aloud only what is new: the figures change every second.
  const now = kindsOf(banner);
  if (now.join() !== kinds.join()) {
    const news = [...banner.querySelectorAll("[data-kind]")].filter((one) => !kinds.includes(one.dataset.kind));
    document.getElementById("heard").textContent = news.map((one) => one.getAttribute("aria-label")).join(". ");
    kinds = now;
  }
}

function say(text) {
  const place = document.getElementById("liveness");
  if (place && place.textContent !== text) place.textContent = text;
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource(at);
  source.addEventListener("open", () => say("Live."));
  source.addEventListener("part", (event) => {
    const end = event.data.indexOf("\n");
    put(event.data.slice(0, end), event.data.slice(end + 1));
  });
  source.addEventListener("error", () => {
    const ended = source.readyState === EventSource.CLOSED;
    say(ended ? "Not live any more: load the page again." : "Not live just now: trying again.");
  });
}

function close() {
  if (source) source.close();
  source = null;
}

if (at) {
  open();
  // A page nobody sees needs no connection; a browser has six for a whole site.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  document.addEventListener("focusout", () => {
    setTimeout(() => waiting.forEach((html, id) => put(id, html)), 0);
  });
}
