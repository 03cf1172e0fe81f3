// Keeps the page fresh: asks for it again and puts the new parts in place of the old. Without this script links and
// form do the same by loading the page.
"use strict";

const seconds = Number(document.body.dataset.seconds);
const updates = document.getElementById("updates");
const failure = document.getElementById("failure");
const form = document.getElementById("choice");
let asking = null;

async function refresh(address = location.href) {
  asking?.abort();
  asking = new AbortController();
  const mine = asking;
  try {
    const answer = await fetch(address, { signal: mine.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    updates.textContent = `Updated ${new Date().toLocaleTimeString()}`;
    tell("");
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(`Not updating: ${error.message}`);
  }
}

// Screen readers say aloud what changes here, and so it changes only with news.
function tell(text) {
  if (failure.textContent !== text) failure.textContent = text;
}

function show(fresh) {
  const focused = document.activeElement?.id;
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other) part.replaceChildren(...document.adoptNode(other).childNodes);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function go(address, replace) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  return refresh();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-quick]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
  const sort = new URL(link.href).searchParams.get("sort") ?? form?.dataset.usual;
  const sorts = form?.elements.sort;
  if (!sorts || link.rel) return; // the links to other pages of the table keep its order
  sorts.value = sort;
  if (sorts.value !== sort) sorts.add(new Option(`${link.textContent.toLowerCase()}, turned`, sort, true, true));
});

if (form) {
  const chosen = () => {
    const asked = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...asked]) if (!value) asked.delete(name);
    return `?${asked}`;
  };
  let typing;
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go(chosen(), true), 150);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    go(chosen());
  });
}

addEventListener("popstate", () => location.reload());
document.addEventListener("visibilitychange", () => document.hidden || refresh());
document.documentElement.classList.add("scripted");
setInterval(() => document.hidden || refresh(), seconds * 1000);
