// The editor checks itself while one types, sliders write into it, a replay tells how far it is.
// Without this script the same forms do the same by buttons.
const form = document.getElementById("tune");
const replay = document.getElementById("replay");
if (form) edit();
if (replay) follow();

function edit() {
  const text = form.elements.text;
  const gutter = document.getElementById("gutter");
  const status = document.getElementById("status");
  const found = document.getElementById("problems");
  const sliders = document.getElementById("sliders");
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
    const field = document.getElementById(range.dataset.for);
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
        throw new Error("you are signed out: sign in again in another tab, your text stays here");
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      if (mine !== asked || text.value !== sent) {
        moved = { ...moving, ...moved };
        if (mine === asked) later();
        return;
      }
      show(told);
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
    const old = text.value;
    let begin = 0, end = 0;
    const most = Math.min(old.length, wanted.length);
    while (begin < most && old[begin] === wanted[begin]) begin++;
    while (end < most - begin && old[old.length - 1 - end] === wanted[wanted.length - 1 - end]) end++;
    if (begin === old.length && begin === wanted.length) return;
    const top = text.scrollTop;
    text.setRangeText(wanted.slice(begin, wanted.length - end), begin, old.length - end, "end");
    text.scrollTop = top;
    const line = wanted.slice(0, begin).split("\n").length;
    const height = text.scrollHeight / wanted.split("\n").length;
    if (line * height < top || line * height > top + text.clientHeight)
      text.scrollTop = Math.max(0, line * height - text.clientHeight / 2);
    number();
  }

  function problems(told) {
    bad = new Set(told.map((one) => one.line));
    number(true);
    const title = document.createElement(told.length ? "h3" : "p");
    title.className = told.length ? "problem" : "";
    title.textContent = !told.length ? "No problem." : told.length === 1
      ? "1 problem: it cannot be put in force like this"
      : told.length + " problems: it cannot be put in force like this";
    const list = document.createElement("ol");
    for (const one of told) {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = "#text";
      link.dataset.line = one.line;
      link.dataset.column = one.column;
      link.textContent = one.line ? `Line ${one.line}, column ${one.column}` : one.where || "The file";
      item.append(link, ": " + one.text);
      list.append(item);
    }
    found.replaceChildren(title, ...(told.length ? [list] : []));
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
    const shown = [];
    for (let line = 1; line <= count; line++) {
      const one = document.createElement(bad.has(line) ? "b" : "span");
      one.textContent = (bad.has(line) ? "! " : "") + line + "\n";
      shown.push(one);
    }
    gutter.replaceChildren(...shown);
    gutter.scrollTop = text.scrollTop;
  }

  function go(line, column) {
    const before = text.value.split("\n").slice(0, line - 1);
    const at = before.join("\n").length + (line > 1 ? 1 : 0) + Math.max(0, column - 1);
    text.focus();
    text.setSelectionRange(at, at);
    text.scrollTop = (line - 4) * (text.scrollHeight / text.value.split("\n").length);
  }
}

async function follow() {
  for (;;) {
    await new Promise((done) => setTimeout(done, 700));
    const answer = await fetch(`/tune/replay/${replay.dataset.number}/state`, { redirect: "manual" });
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.state !== "running") return location.reload();
    document.getElementById("share").value = told.share;
    document.getElementById("told").textContent = Math.round(told.share * 100) + " %";
  }
}
