"use strict";
// The page of the map: asks for it until it is drawn, and does to the templates that are picked what its buttons say.
(() => {
  const by = (id) => document.getElementById(id);
  const root = by("map"), form = by("group"), dialog = by("confirm");
  const CHUNK = 500, EVERY_MS = 1500;
  const count = (number) => Number(number).toLocaleString("en");
  const templates = (number) => `${count(number)} template${number === 1 ? "" : "s"}`;
  let data = null, version = -1, picked = [], given = [], timer;

  // What there is of the map, in a sentence; then again after a while, for as long as it is being drawn.
  function show(state, newer) {
    const parts = [];
    if (state.version) {
      parts.push(`${templates(state.templates)}, ${state.said}, drawn ${new Date(state.at_ms).toLocaleTimeString("en-GB")} in ${Math.max(1, Math.round(state.seconds))} s.`);
      if (newer) parts.push(`${templates(newer)} ${newer === 1 ? "is" : "are"} not on it yet.`);
    } else if (!state.drawing && !state.problem) parts.push("There are no templates yet: the store has not seen any.");
    if (state.problem) parts.push(`${state.problem[0].toUpperCase()}${state.problem.slice(1)}.`);
    if (state.drawing) parts.push(state.version ? `It is being drawn again: ${state.drawing}.` : `It is being drawn: ${state.drawing}.`);
    by("map-state").textContent = parts.join(" ");
    by("again").hidden = Boolean(state.drawing);
    clearTimeout(timer);
    if (state.drawing) timer = setTimeout(follow, EVERY_MS);
  }

  let newer = 0;
  async function follow() {
    if (document.hidden) { timer = setTimeout(follow, EVERY_MS); return; }  // a page that nobody looks at asks for nothing
    try {
      const state = await window.ask("GET", "/map/state");
      if (state.version !== version) await load();
      else show(state, newer);
    } catch (error) {
      window.say(error.message);
      timer = setTimeout(follow, EVERY_MS * 4);
    }
  }

  async function load() {
    const answer = await window.ask("GET", "/map/data");
    newer = answer.newer;
    if (answer.data && answer.state.version !== version) {
      version = answer.state.version;
      data = answer.data;
      mount();
    }
    show(answer.state, newer);
  }

  // Make the map from the data; what was picked, and the colouring, stay.
  function mount() {
    const ids = new Set(picked.map((i) => root.logmap.points.data.id[i]));
    const way = root.querySelector("select")?.value;
    root.replaceChildren();
    const made = window.LogMap.mount(root, data);
    if (way) made.colourBy(way);
    if (ids.size) made.pick([...data.id.keys()].filter((i) => ids.has(data.id[i])));
  }

  root.addEventListener("logmap:pick", (event) => { picked = event.detail.indexes; refresh(); });

  function refresh() {
    form.elements.label.disabled = by("give").disabled = by("review").disabled = by("rule").disabled = !picked.length;
    by("undo").disabled = !given.length;
    by("give").textContent = picked.length ? `Give ${templates(picked.length)} this label` : "Give this label";
    by("group-said").textContent = picked.length
      ? `${templates(picked.length)}, ${count(events())} events so far: ${mix()}.`
      : "Nothing is picked: draw a line around templates with Lasso, or click on one.";
  }

  const events = () => picked.reduce((sum, i) => sum + data.events[i], 0);

  // The labels of what is picked, the most frequent first.
  function mix() {
    const counts = new Map();
    for (const i of picked) counts.set(data.labels[data.label[i]], (counts.get(data.labels[data.label[i]]) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([label, number]) => `${label} ${count(number)}`).join(", ");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!picked.length) return;
    by("confirm-text").textContent = `${templates(picked.length)} with ${count(events())} events so far get the label ${form.elements.label.value}, ` +
      "for every source and in every replica, from the next event on. It outranks every tier.";
    dialog.returnValue = "no";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") give(form.elements.label.value); });

  // Several requests, for a broker acknowledges so many in time; those that are done count where one fails.
  async function give(label) {
    const indexes = [...picked], done = [];
    by("give").disabled = true;
    try {
      for (let start = 0; start < indexes.length; start += CHUNK) {
        const some = indexes.slice(start, start + CHUNK);
        await window.corrections.give(some.map((i) => data.id[i]), label);
        done.push(...some);
        if (done.length < indexes.length) window.say(`${label}: ${count(done.length)} of ${templates(indexes.length)}`);
      }
      window.say(`${label}: ${templates(done.length)}. From now on every replica says so.`);
    } catch (error) {
      window.say(done.length ? `${count(done.length)} of ${templates(indexes.length)} have it; then: ${error.message}` : error.message);
    }
    if (done.length) {
      given = done.map((i) => ({ id: data.id[i], label: data.labels[data.label[i]], confidence: data.confidence[i] }));
      relabel(given.map(({ id }) => ({ id, label, confidence: 100 })));
    }
    refresh();
  }

  by("undo").addEventListener("click", async () => {
    const wanted = given, left = [];
    given = [];
    refresh();
    const waiting = [...wanted];
    const one = async () => {
      for (let each = waiting.pop(); each; each = waiting.pop()) {
        try { await window.corrections.undo(each.id); } catch { left.push(each); }
      }
    };
    await Promise.all([one(), one(), one(), one()]);
    given = left;
    relabel(wanted.filter((each) => !left.includes(each)));
    window.say(left.length ? `${templates(left.length)} could not be taken back: try again.` : `Undone: ${templates(wanted.length)}. The tiers decide again.`);
    refresh();
  });

  // Show labels at once: the store says so itself a moment later.
  function relabel(changes) {
    const places = new Map(data.id.map((id, i) => [id, i]));
    for (const { id, label, confidence } of changes) {
      const i = places.get(id);
      if (i === undefined) continue;
      if (!data.labels.includes(label)) data.labels.push(label);
      data.label[i] = data.labels.indexOf(label);
      data.confidence[i] = confidence;
    }
    mount();
  }

  // To another page with what is picked, in its address: of many the most frequent.
  function send(page, more = []) {
    const most = Number(by("review").dataset.most);
    const chosen = [...picked].sort((a, b) => data.events[b] - data.events[a]).slice(0, most);
    location.assign(`${page}?${[...more, ...chosen.map((i) => `id=${data.id[i]}`)].join("&")}`);
  }
  by("review").addEventListener("click", () => send("/review"));
  by("rule").addEventListener("click", () => send("/rules", [`label=${encodeURIComponent(form.elements.label.value)}`]));

  by("again").addEventListener("click", async () => {
    try { show(await window.ask("POST", "/map/again"), newer); } catch (error) { window.say(error.message); }
  });

  function begin() {
    load().catch((error) => {
      by("map-state").textContent = error.message;
      timer = setTimeout(begin, EVERY_MS * 4);
    });
  }
  begin();
})();
