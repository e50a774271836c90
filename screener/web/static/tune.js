// The editor checks itself while one types, sliders write into it, a replay tells how far it is.
const byId = (id) => document.getElementById(id);
const form = byId("tune");
const replay = byId("replay");
if (form) edit();
if (replay) follow();

function edit() {
  const text = form.elements.text;
  const gutter = byId("gutter");
  const status = byId("status");
  const found = byId("problems");
  const sliders = byId("sliders");
  let bad = new Set(), lines = 0, timer = 0, asked = 0, moved = {};

  document.documentElement.classList.add("scripted");
  for (const link of found.querySelectorAll("a")) bad.add(+link.dataset.line);
  number(true);
  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  text.addEventListener("input", () => { number(); later(); });
  found.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link || !+link.dataset.line) return;
    event.preventDefault();
    go(+link.dataset.line, +link.dataset.column);
  });

  for (const range of sliders.querySelectorAll("input[type=range]")) {
    const field = byId(range.dataset.for);
    range.hidden = range.disabled = false;
    range.addEventListener("input", () => { field.value = range.value; move(field); });
    field.addEventListener("input", () => { range.value = field.value; });
  }
  sliders.addEventListener("input", (event) => {
    if (event.target.dataset.knob) move(event.target);
  });

  function move(field) {
    moved[field.dataset.knob] = field.value;
    later();
  }

  function later() {
    status.textContent = "\u2026";
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  }

  async function check() {
    const mine = ++asked, sent = text.value, moving = moved;
    moved = {};
    try {
      const answer = await fetch("/tune/check", {
        method: "POST", redirect: "manual",
        headers: { "Content-Type": "application/json", "X-CSRF": form.elements.csrf.value },
        body: JSON.stringify({ text: sent, base: form.elements.base.value, moved: moving }),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403)
        throw new Error("sign in again in another tab; your text stays here");
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      if (mine === asked && text.value === sent) return show(told);
      moved = { ...moving, ...moved }; // more was typed meanwhile: once again, with that
      if (mine === asked) later();
    } catch (error) {
      moved = { ...moving, ...moved };
      if (mine === asked) status.textContent = "Not checked and not kept: " + error.message;
    }
  }

  function show(told) {
    if (told.text !== undefined) put(told.text);
    status.textContent = told.status +
      (told.conflict ? "; the file in force was changed by somebody else" : "");
    problems(told.problems);
    values(told.values);
  }

  function put(wanted) {
    const old = text.value, most = Math.min(old.length, wanted.length);
    let begin = 0, end = 0;
    if (old === wanted) return;
    while (begin < most && old[begin] === wanted[begin]) begin++;
    while (end < most - begin && old.at(-1 - end) === wanted.at(-1 - end)) end++;
    text.setRangeText(wanted.slice(begin, wanted.length - end), begin, old.length - end, "end");
    number();
    look(wanted.slice(0, begin).split("\n").length);
  }

  function problems(told) {
    bad = new Set(told.map((one) => one.line));
    number(true);
    const none = !told.length;
    const title = make(none ? "p" : "h3", none ? "No problem."
      : `It cannot be put in force like this (${told.length}):`);
    title.className = none ? "" : "problem";
    const list = make("ol", "");
    for (const one of told) {
      const item = make("li", ": " + one.text);
      const link = make("a", one.line ? `Line ${one.line}, column ${one.column}` : one.where || "The file");
      link.href = "#text";
      Object.assign(link.dataset, { line: one.line, column: one.column });
      item.prepend(link);
      list.append(item);
    }
    found.replaceChildren(...(none ? [title] : [title, list]));
  }

  function values(told) {
    for (const field of sliders.querySelectorAll("[data-knob]")) {
      field.disabled = told === null;
      const range = sliders.querySelector(`[data-for="${field.id}"]`);
      if (range) range.disabled = field.disabled;
      if (told === null || field.dataset.knob in moved) continue;
      const value = String(told[field.dataset.knob]);
      form.elements["was:" + field.dataset.knob].value = value;
      if (field !== document.activeElement || field.type !== "number") field.value = value;
      if (range) range.value = value;
    }
  }

  function number(again) {
    const count = text.value.split("\n").length;
    if (!again && count === lines) return;
    lines = count;
    const shown = Array.from({ length: count }, (_, n) => n + 1);
    gutter.replaceChildren(...shown.map((n) => bad.has(n) ? make("b", `! ${n}\n`) : n + "\n"));
    gutter.scrollTop = text.scrollTop;
  }

  function go(line, column) {
    const before = text.value.split("\n").slice(0, line - 1);
    const at = before.join("\n").length + (line > 1) + Math.max(0, column - 1);
    text.focus();
    text.setSelectionRange(at, at);
    look(line);
  }

  function look(line) {
    const at = line * text.scrollHeight / lines, shown = text.clientHeight;
    if (at < text.scrollTop || at > text.scrollTop + shown) text.scrollTop = at - shown / 2;
  }
}

function make(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

async function follow() {
  for (;;) {
    await new Promise((done) => setTimeout(done, 700));
    const answer = await fetch(`/tune/replay/${replay.dataset.number}/state`, { redirect: "manual" });
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.state !== "running") return location.reload();
    byId("share").value = told.share;
    byId("told").textContent = Math.round(told.share * 100) + " %";
  }
}
