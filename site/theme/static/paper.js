// What the pages do: light and dark, the menu on narrow screens, cards of the article's claims, filters of the ledger.
"use strict";

const root = document.documentElement;
const wide = window.matchMedia("(min-width: 64rem)");

function menu() {
  const details = document.querySelector("details.menu");
  if (!details) return;
  const set = () => { details.open = wide.matches; };
  set();
  wide.addEventListener("change", set);
  root.classList.add("menu-ready");
}

function mode() {
  const button = document.querySelector("[data-mode]");
  if (!button) return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const now = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const say = () => { button.textContent = now() === "dark" ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to ${now() === "dark" ? "light" : "dark"}`); };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    try { localStorage.setItem("claimbook-mode", root.dataset.theme); } catch (error) { /* not kept */ }
    say();
  });
  dark.addEventListener("change", say);
  say();
}

// Cards of claims: buttons open them without any script (popover); here they come to where the words stand, and the words
// themselves open them on hover and on tap.
function cards() {
  const marks = document.querySelectorAll("mark[data-claims]");
  if (!marks.length || !HTMLElement.prototype.hasOwnProperty("popover")) return;
  const card = (name) => document.getElementById(`card-${name}`);
  const innermost = (mark) => mark.dataset.claims.split(" ").at(-1);
  let timer = 0, hovered = null;

  function place(box, anchor) {
    if (!window.matchMedia("(min-width: 40rem)").matches) { box.style.inset = ""; return; }
    const rects = anchor.getClientRects();
    const at = rects[rects.length - 1], high = box.offsetHeight, broad = box.offsetWidth;
    const below = at.bottom + 6 + high < window.innerHeight || at.top < high + 6;
    box.style.inset = "auto";
    box.style.top = `${Math.max(6, below ? at.bottom + 6 : at.top - high - 6)}px`;
    box.style.left = `${Math.min(Math.max(8, at.left), window.innerWidth - broad - 16)}px`;
  }
  function show(name, anchor) {
    const box = card(name);
    if (!box) return;
    if (!box.matches(":popover-open")) box.showPopover();
    place(box, anchor);
  }
  function hide(box) { if (box && box.matches(":popover-open")) box.hidePopover(); }

  marks.forEach((mark) => {
    mark.addEventListener("click", () => { hovered = null; show(innermost(mark), mark); });
    mark.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse" || document.querySelector(".card:popover-open:not([data-hover])")) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        hide(hovered);
        hovered = card(innermost(mark));
        hovered.dataset.hover = "";
        show(innermost(mark), mark);
      }, 120);
    });
    mark.addEventListener("pointerleave", leave);
  });
  function leave(event) {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    timer = setTimeout(() => { hide(hovered); hovered = null; }, 250);
  }
  document.querySelectorAll(".card").forEach((box) => {
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", (event) => { if (box === hovered) leave(event); });
    box.addEventListener("toggle", (event) => {
      if (event.newState === "closed") { delete box.dataset.hover; return; }
      const button = document.querySelector(`[popovertarget="${box.id}"]`);
      if (button && box !== hovered && !box.style.top) place(box, button);
    });
  });
  window.addEventListener("scroll", () => { hide(hovered); hovered = null; }, { passive: true });
}

function ledger() {
  const form = document.querySelector("form.filters");
  if (!form) return;
  const rows = [...document.querySelectorAll("#ledger tbody tr")];
  const selects = [...form.querySelectorAll("select")];
  const told = form.querySelector("output");
  const asked = new URLSearchParams(location.search);
  selects.forEach((select) => {
    const value = asked.get(select.name);
    if (value && [...select.options].some((option) => option.value === value)) select.value = value;
  });
  function filter() {
    const wanted = selects.filter((select) => select.value);
    let shown = 0;
    rows.forEach((row) => {
      row.hidden = !wanted.every((select) => row.dataset[select.name] === select.value);
      shown += row.hidden ? 0 : 1;
    });
    told.textContent = `${shown} of ${rows.length} claims`;
    document.getElementById("none").hidden = shown > 0;
    const query = new URLSearchParams(wanted.map((select) => [select.name, select.value])).toString();
    try { history.replaceState(null, "", query ? `?${query}` : location.pathname); } catch (error) { /* from a folder */ }
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();
}

// What Sphinx's search says when it finds nothing speaks of categories, of which there are none.
function search() {
  if (typeof Documentation === "undefined") return;
  Documentation.TRANSLATIONS["Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories."] =
    "No page holds all of these words. Try fewer, or other ones.";
}

function lost() {
  const field = document.querySelector("[data-from-address]");
  if (!field) return;
  let path = location.pathname;
  try { path = decodeURIComponent(path); } catch (error) { /* as it stands */ }
  field.value = path.replace(/\.html?$/, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(-6).join(" ");
  const claim = path.match(/\bC\d{2,}\b/i);
  if (claim) {
    const guess = document.getElementById("guess");
    const link = document.createElement("a");
    link.href = document.querySelector('a[href$="claims/index.html"]').getAttribute("href").replace("index", claim[0].toUpperCase());
    link.textContent = `claim ${claim[0].toUpperCase()}`;
    guess.append("Did you look for ", link, "?");
    guess.hidden = false;
  }
}

menu(); mode(); cards(); ledger(); search(); lost();
