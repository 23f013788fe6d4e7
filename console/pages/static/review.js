"use strict";
// The review queue: which row is current, which are selected, what was given, and what can be undone.
(() => {
  const queue = document.getElementById("queue");
  const dialog = document.getElementById("keys");
  document.getElementById("show-keys").addEventListener("click", () => dialog.showModal());
  const by = (id) => document.getElementById(id);
  const busy = new Set();      // ids that are being saved
  const mine = new Map();      // id -> label, or null where it was taken back, until the store says the same
  const undoable = [];         // each a list of ids
  let last = Promise.resolve();
  // One request after the other, so that what is undone has been given.
  function inTurn(work) {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }
  let current = 0, lastLabel = null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    if (event.repeat && !/^(j|k|Arrow.*)$/i.test(event.key)) return;  // a key held down is one answer
    const act = keyed(event.key.length === 1 ? event.key.toLowerCase() : event.key, event.target);
    if (!act) return;
    event.preventDefault();
    act();
  });

  function keyed(key, target) {
    if (key === "?") return () => dialog.showModal();
    if (!queue) return undefined;
    // A button or a link that has the focus keeps its own Enter.
    if (key === "Enter") return target.closest("button, a, summary") ? undefined : accept;
    const give = /^[0-9]$/.test(key) && document.querySelector(`[data-give][aria-keyshortcuts="${key}"]`);
    if (give) return () => give.click();
    return {
      j: () => move(current + 1), ArrowDown: inQueue(target) && (() => move(current + 1)),
      k: () => move(current - 1), ArrowUp: inQueue(target) && (() => move(current - 1)),
      Home: inQueue(target) && (() => move(0)), End: inQueue(target) && (() => move(rows().length - 1)),
      x: () => select(target), " ": inQueue(target) && (() => select(target)), a: apply, u: undo,
    }[key];
  }

  if (!queue) return;
  const rows = () => [...queue.querySelectorAll("[role=option]")];
  const inQueue = (target) => queue.contains(target);
  const nearOnes = () => [...document.querySelectorAll("[data-near]")];
  const ticked = () => nearOnes().filter((box) => box.checked && !box.disabled);
  const rowOf = (id) => rows().find((row) => row.dataset.id === id);
  const elements = (id) => [rowOf(id), nearOnes().find((box) => box.dataset.near === id)?.closest("li")].filter(Boolean);
  const count = (number) => Number(number).toLocaleString("en");

  // What is selected: rows, and the neighbours that are ticked; each template once.
  function selected() {
    const found = new Map();
    for (const row of rows()) if (row.getAttribute("aria-selected") === "true") found.set(row.dataset.id, Number(row.dataset.events));
    for (const box of ticked()) found.set(box.dataset.near, Number(box.dataset.events));
    return found;
  }

  let loading, wait;
  function move(to, focus = true) {
    const all = rows();
    current = Math.max(0, Math.min(to, all.length - 1));
    all.forEach((row, place) => {
      row.tabIndex = place === current ? 0 : -1;
      row.classList.toggle("current", place === current);
    });
    const row = all[current];
    if (focus) row.focus();
    by("current").textContent = row.querySelector(".template").textContent;
    by("accept-label").textContent = row.dataset.suggestion;
    clearTimeout(wait);
    wait = setTimeout(() => loadMore(row.dataset.id), 120);  // not for each of those that J runs over
    refresh();
  }

  async function loadMore(id) {
    loading?.abort();
    loading = new AbortController();
    const box = by("more");
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`/review/${id}`, { signal: loading.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error();
      box.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      box.textContent = "What is like it cannot be shown now.";
    }
    box.removeAttribute("aria-busy");
    for (const { dataset } of rows()) if (dataset.given) mark(dataset.id, dataset.given, dataset.author);
    refresh();
  }

  function select(target) {
    const box = target?.closest?.("li")?.querySelector("[data-near]");
    const row = rows()[current];
    if (box) box.checked = !box.checked;
    else row.setAttribute("aria-selected", String(row.getAttribute("aria-selected") !== "true"));
    refresh();
  }

  function refresh() {
    const chosen = selected();
    const events = [...chosen.values()].reduce((sum, each) => sum + each, 0);
    by("apply").disabled = !chosen.size || !lastLabel;
    by("apply-text").textContent = !chosen.size ? "Apply to selected"
      : `Give ${count(chosen.size)} selected (${count(events)} event${events === 1 ? "" : "s"}) ${lastLabel ? `the label ${lastLabel}` : "the label given next"}`;
    by("undo").disabled = !undoable.length;
  }

  // The current row gets a label, and with it those of its neighbours that are ticked.
  const give = (label) => correct([...new Set([rows()[current].dataset.id, ...ticked().map((box) => box.dataset.near)])], label, true);
  const accept = () => give(rows()[current].dataset.suggestion);

  function apply() {
    const chosen = selected();
    if (!chosen.size) return window.say("Nothing is selected: X selects a row.");
    if (!lastLabel) return window.say("Give one of them a label first: A gives the same label to all selected ones.");
    return correct([...chosen.keys()], lastLabel, false);
  }

  async function correct(ids, label, moveOn) {
    const wanted = ids.filter((id) => !busy.has(id));
    if (!wanted.length) return;
    const events = wanted.reduce((sum, id) => sum + eventsOf(id), 0);
    const name = nameOf(wanted[0]);
    lastLabel = label;
    const saving = save(wanted, label, () => inTurn(async () => {
      await window.corrections.give(wanted, label);
      undoable.push(wanted);
    }));
    if (moveOn) move(nextOpen());
    if (await saving) {
      const what = wanted.length === 1 ? name : `${wanted.length} templates`;
      window.say(`${label}: ${what}, ${count(events)} event${events === 1 ? "" : "s"} so far. From now on every replica says so. U undoes it.`);
    }
    refresh();
  }

  const undo = () => inTurn(undoLast);
  async function undoLast() {
    const ids = undoable.pop();
    if (!ids) return window.say("There is nothing to undo.");
    const left = [];
    const name = ids.length === 1 ? nameOf(ids[0]) : `${ids.length} templates`;
    await Promise.all(ids.map((id) => save([id], null, () => window.corrections.undo(id)).then((good) => good || left.push(id))));
    if (left.length) undoable.push(left);
    if (left.length < ids.length) {
      const place = rows().findIndex((row) => row.dataset.id === ids[0]);
      if (place >= 0) move(place);
      window.say(`Undone: ${name}. The tiers decide again.`);
    }
    return refresh();
  }

  // Shows that templates are being saved, saves them, and shows what came of it. Resolves to whether they are saved.
  async function save(ids, label, request) {
    const before = new Map(ids.map((id) => [id, elements(id)[0]?.dataset.given ?? null]));
    for (const id of ids) {
      busy.add(id);
      for (const element of elements(id)) outcome(element, "saving …");
    }
    try {
      await request();
      for (const id of ids) { mine.set(id, label); mark(id, label); }
      return true;
    } catch (error) {
      for (const id of ids) {
        mark(id, before.get(id));
        for (const element of elements(id)) outcome(element, "not saved", "bad");
      }
      window.say(error.message);
      return false;
    } finally {
      for (const id of ids) busy.delete(id);
    }
  }

  // Shows a template as one that somebody has labelled, or with null as one that nobody has.
  function mark(id, label, author = "") {
    for (const element of elements(id)) {
      const box = element.querySelector("[data-near]");
      if (label === null) delete element.dataset.given; else element.dataset.given = label;
      element.dataset.author = author;
      element.classList.toggle("given", label !== null);
      if (box) { box.disabled = label !== null; box.checked = false; }
      if (element.matches("[role=option]")) element.setAttribute("aria-selected", "false");
      outcome(element, label === null ? "" : `✓ ${label}${author ? ` by ${author}` : ""}`, "good");
    }
  }

  function outcome(element, text, kind = "") {
    const box = element.querySelector(".outcome");
    box.textContent = text;
    box.className = `outcome ${kind}`;
  }

  const eventsOf = (id) => Number((rowOf(id) ?? nearOnes().find((box) => box.dataset.near === id))?.dataset.events ?? 0);
  const nameOf = (id) => (elements(id)[0]?.querySelector(".template").textContent ?? "").replace(/^(.{60}).+$/s, "$1 …");

  // The next row that nobody has labelled; the one behind this where all have a label.
  function nextOpen() {
    const all = rows();
    for (let step = 1; step < all.length; step += 1) {
      const place = (current + step) % all.length;
      if (!all[place].dataset.given && !busy.has(all[place].dataset.id)) return place;
    }
    return current + 1;
  }

  queue.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    move(rows().indexOf(row));
    if (event.target.closest(".pick") || event.ctrlKey || event.metaKey) select();
  });
  queue.addEventListener("focusin", (event) => {
    const place = rows().indexOf(event.target.closest("[role=option]"));
    if (place >= 0 && place !== current) move(place, false);
  });
  by("more").addEventListener("change", refresh);
  for (const button of document.querySelectorAll("[data-give]")) {
    button.addEventListener("click", () => give(button.dataset.give));
  }
  by("accept").addEventListener("click", accept);
  by("undo").addEventListener("click", undo);
  by("apply").addEventListener("click", apply);

  // What others have given meanwhile, by what the store has read of the verdicts topic.
  async function look() {
    if (!document.hidden) {
      try {
        const query = rows().map((row) => `id=${row.dataset.id}`).join("&");
        const said = new Map((await window.ask("GET", `/review/given?${query}`)).map((each) => [each.id, each]));
        for (const { dataset: { id, given = null } } of rows()) {
          const label = said.get(id)?.label ?? null;
          if (mine.has(id) && mine.get(id) === label) mine.delete(id);
          if (!mine.has(id) && !busy.has(id) && label !== given) mark(id, label, said.get(id)?.author);
        }
      } catch { /* the next look will do; a request of a person's says what is wrong */ }
    }
    setTimeout(look, 2000);
  }
  move(0, false);
  look();
})();
