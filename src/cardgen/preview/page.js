"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.documentElement;
const main = document.querySelector("main");
const source = document.getElementById("source");
let pinned = null;

function words(key) {
  return (data.words[page.lang] || data.words.en)[key];
}

function press(group, value) {
  for (const button of document.querySelectorAll(`[data-set="${group}"] button`)) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
}

function speak(code) {
  if (!data.languages.includes(code)) return;
  page.lang = code;
  for (const article of document.querySelectorAll("article[lang]")) {
    article.hidden = article.lang !== code && article.lang !== "";
  }
  for (const element of document.querySelectorAll("[data-words]")) {
    element.textContent = words(element.dataset.words);
  }
  press("language", code);
  hide();
}

const set = {
  language: speak,
  theme(value) {
    if (value === "auto") delete page.dataset.theme;
    else page.dataset.theme = value;
    press("theme", value);
  },
  view(value) {
    main.dataset.view = value;
    press("view", value);
  },
};

function list(lines) {
  const found = document.createElement("ul");
  for (const [depth, text] of lines) {
    const item = document.createElement("li");
    item.style.paddingLeft = `${Math.min(depth, 8)}em`;
    item.textContent = text;
    found.append(item);
  }
  return found;
}

function heading(text) {
  const found = document.createElement("h2");
  found.textContent = text;
  return found;
}

function show(button) {
  const cell = data.cells[button.dataset.cell];
  if (!cell) return;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.setAttribute("aria-label", words("close"));
  close.textContent = "×";
  close.addEventListener("click", () => { const last = pinned; hide(); if (last) last.focus(); });
  source.replaceChildren(close, heading(words("source")), list(cell.lines));
  if (cell.before !== undefined) {
    source.append(list([[0, `${words("before")}: ${cell.before}`]]));
  }
  if (cell.records.length) source.append(heading(words("records")));
  for (const name of cell.records) {
    source.append(list([[0, name], ...data.records[name].map(([d, t]) => [d + 1, t])]));
  }
  // In the other half of the window, so that it never covers the number it speaks of.
  const box = button.getBoundingClientRect();
  source.classList.toggle("above", box.top + box.height / 2 > window.innerHeight / 2);
  source.hidden = false;
  button.setAttribute("aria-describedby", "source");
}

function hide() {
  source.hidden = true;
  for (const button of document.querySelectorAll("button.value[aria-expanded]")) {
    button.removeAttribute("aria-expanded");
    button.removeAttribute("aria-describedby");
  }
  pinned = null;
}

function value(event) {
  return event.target instanceof Element ? event.target.closest("button.value") : null;
}

document.addEventListener("pointerover", (event) => {
  const button = value(event);
  if (button && !pinned && event.pointerType === "mouse") show(button);
});
document.addEventListener("pointerout", (event) => {
  if (value(event) && !pinned && event.pointerType === "mouse") hide();
});
document.addEventListener("focusin", (event) => {
  const button = value(event);
  if (button && !pinned) show(button);
});
document.addEventListener("focusout", (event) => {
  if (value(event) && !pinned) hide();
});
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const chosen = target && target.closest("[data-set] button");
  if (chosen) { set[chosen.closest("[data-set]").dataset.set](chosen.value); return; }
  const link = target && target.closest("a[data-language]");
  if (link) { event.preventDefault(); speak(link.dataset.language || data.languages[0]); return; }
  const button = value(event);
  if (button) {
    const again = pinned === button;
    hide();
    if (!again) {
      show(button);
      pinned = button;
      button.setAttribute("aria-expanded", "true");
    }
    return;
  }
  if (target && !target.closest("#source")) hide();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !source.hidden) {
    const last = pinned;
    hide();
    if (last) last.focus();
  }
});

speak(page.lang);
