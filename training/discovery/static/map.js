"use strict";
// A map of templates and the panel next to it. LogMap.mount(element, data) makes both in an element, and returns what scripts
// may call; the element gets an event "logmap:pick" with the indexes of what is picked. See map_data.js for the data.

LogMap.made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
LogMap.MOST_LISTED = 200;
LogMap.WAYS = { label: "label", source: "source", confidence: "confidence", cluster: "cluster" };

LogMap.mount = (root, data) => {
  const points = new LogMap.Points(data), made = LogMap.made, number = (value) => value.toLocaleString("en");
  const state = { points, way: points.ways.label, strong: null, picked: null, names: true, middles: () => middles };
  const middles = middlesOf(points);
  let picked = [];

  const button = (text, act, title = "") => {
    const each = made("button", { type: "button", textContent: text, title });
    each.addEventListener("click", () => act(each));
    return each;
  };
  const field = made("div", { className: "logmap-field" }), side = made("div", { className: "logmap-side" });
  const tip = made("div", { className: "logmap-tip", hidden: true });
  const said = made("p", { className: "logmap-said" });
  said.setAttribute("aria-live", "polite");
  const colour = made("select");
  Object.entries(LogMap.WAYS).forEach(([name, text]) => colour.append(new Option(text, name)));
  const search = made("input", { type: "search", placeholder: "words of a template, a label, a source" });
  const found = made("span", { className: "logmap-found" });
  const legend = made("ul", { className: "logmap-legend" }), list = made("ol", { className: "logmap-list", tabIndex: 0 });
  list.setAttribute("aria-label", "Picked templates");
  const head = made("h2", { textContent: "Picked" }), none = made("p", { className: "logmap-none" });
  const copy = button("Copy as text", () => copyPicked()), clear = button("Clear", () => pick([]));
  const lasso = button("Lasso", (each) => { setLasso(each.getAttribute("aria-pressed") !== "true"); }, "Draw a line around templates; or hold Shift");
  const names = button("Names", (each) => { state.names = toggled(each); view.redraw(); }, "Show the names of the clusters");
  lasso.setAttribute("aria-pressed", "false");
  names.setAttribute("aria-pressed", "true");
  const all = button("Show all", () => { state.way.categories.forEach((each) => { each.hidden = false; }); relegend(); });
  const pickFound = button("Pick them", () => pick(indexesOf(state.strong)));
  const keys = made("p", { className: "logmap-keys", id: "logmap-keys" });
  keys.textContent = "Keys on the map: arrows move, + and - zoom, 0 shows all, n and p point at templates, space picks one, " +
    "Enter picks all in view, Escape none. Shift and drag draws a lasso. Shift and click in the legend shows one alone.";

  const tools = made("div", { className: "logmap-tools" }, button("+", () => view.zoom(1.5), "Zoom in"),
    button("\u2212", () => view.zoom(1 / 1.5), "Zoom out"), button("All", () => view.fit(), "Show all"), lasso, names);
  field.append(tools, tip);
  side.append(
    made("label", { className: "logmap-row" }, "Colour by ", colour), legend, made("div", { className: "logmap-row" }, all),
    made("label", { className: "logmap-search" }, "Search ", search), made("div", { className: "logmap-row" }, found, pickFound),
    made("div", { className: "logmap-row" }, head, copy, clear), none, list, said, keys);
  root.classList.add("logmap");
  root.append(field, side);

  const view = new LogMap.View(field, state, {
    hover: (i) => showTip(i),
    lasso: (indexes) => { setLasso(false); pick(indexes); },
    click: (i) => { if (i >= 0) pick(picked.includes(i) ? picked.filter((each) => each !== i) : [...picked, i]); },
  });

  function toggled(each) {
    const on = each.getAttribute("aria-pressed") !== "true";
    each.setAttribute("aria-pressed", String(on));
    return on;
  }

  function setLasso(on) {
    lasso.setAttribute("aria-pressed", String(on));
    view.lassoing = on;
    field.classList.toggle("lassoing", on);
  }

  // The categories, the most frequent first; a click hides one or shows it again, with Shift it shows one alone.
  function relegend() {
    const dark = view.scheme.matches, { categories } = state.way;
    const order = categories.map((_, i) => i).filter((i) => categories[i].count);
    if (state.way !== points.ways.confidence) order.sort((a, b) => categories[b].count - categories[a].count);
    legend.replaceChildren(...order.map((i) => {
      const each = categories[i], swatch = made("span", { className: "logmap-swatch" });
      swatch.style.background = each.colours[dark ? 1 : 0];
      const entry = made("button", { type: "button" }, swatch, made("span", { className: "logmap-name", textContent: each.name }),
        made("span", { className: "logmap-count", textContent: number(each.count) }));
      entry.setAttribute("aria-pressed", String(!each.hidden));
      entry.addEventListener("click", (event) => {
        if (event.shiftKey) categories.forEach((other) => { other.hidden = other !== each; });
        else each.hidden = !each.hidden;
        [...legend.querySelectorAll("button")].forEach((one, place) => one.setAttribute("aria-pressed", String(!categories[order[place]].hidden)));
        view.redraw();
      });
      return made("li", {}, entry);
    }));
    view.redraw();
  }

  function facts(i) {
    const { label, source, labels, sources, cluster, clusters, events, confidence } = data;
    const group = cluster[i] < 0 ? "unclustered" : clusters[cluster[i]].name;
    return [`${labels[label[i]]} ${(confidence[i] / 100).toFixed(2)}`, sources[source[i]] || "(no source)",
      `${number(events[i])} ${events[i] === 1 ? "event" : "events"}`, group];
  }

  function showTip(i) {
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.replaceChildren(made("code", { textContent: data.template[i].slice(0, 400) }), made("span", { textContent: facts(i).join(" \u00b7 ") }));
    said.textContent = `${data.template[i].slice(0, 200)}: ${facts(i).join(", ")}`;
    const [x, y] = view.canvas.toPage(points.x[i], points.y[i]), width = field.clientWidth, box = tip.offsetWidth;
    tip.style.left = `${Math.max(4, Math.min(width - box - 4, x + 14))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > field.clientHeight ? Math.max(4, y - tip.offsetHeight - 14) : y + 18}px`;
  }

  const indexesOf = (flags) => (flags ? [...flags.keys()].filter((i) => flags[i]) : []);

  function pick(indexes) {
    picked = indexes;
    state.picked = picked.length ? new Uint8Array(points.count) : null;
    picked.forEach((i) => { state.picked[i] = 1; });
    const events = picked.reduce((sum, i) => sum + data.events[i], 0);
    none.textContent = picked.length ? `${number(picked.length)} ${picked.length === 1 ? "template" : "templates"}, ${number(events)} ${events === 1 ? "event" : "events"}` : "Nothing yet: draw a lasso, click on a template, or search.";
    copy.disabled = clear.disabled = !picked.length;
    const listed = [...picked].sort((a, b) => data.events[b] - data.events[a]).slice(0, LogMap.MOST_LISTED);
    list.replaceChildren(...listed.map((i) => made("li", {}, made("code", { textContent: data.template[i].slice(0, 400) }), made("span", { textContent: facts(i).join(" \u00b7 ") }))));
    if (picked.length > listed.length) list.append(made("li", { className: "logmap-more", textContent: `and ${number(picked.length - listed.length)} more` }));
    view.redraw();
    root.dispatchEvent(new CustomEvent("logmap:pick", { detail: { indexes: picked }, bubbles: true }));
  }

  // Columns with tabs between: events, label, confidence, source, cluster, template.
  function text() {
    return picked.map((i) => [data.events[i], data.labels[data.label[i]], (data.confidence[i] / 100).toFixed(2), data.sources[data.source[i]],
      data.cluster[i] < 0 ? "" : data.clusters[data.cluster[i]].name, data.template[i].replace(/\s+/g, " ")].join("\t")).join("\n");
  }

  async function copyPicked() {
    try {
      await navigator.clipboard.writeText(text());
    } catch { // a page that came over plain HTTP may not, but may copy what is selected
      const area = made("textarea", { value: text() });
      root.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    said.textContent = `${number(picked.length)} copied`;
  }

  search.addEventListener("input", () => {
    state.strong = points.search(search.value);
    const count = state.strong ? state.strong.reduce((sum, each) => sum + each, 0) : 0;
    found.textContent = state.strong ? `${number(count)} found` : "";
    pickFound.hidden = !count;
    view.redraw();
  });
  const colourBy = (way) => { colour.value = way; state.way = points.ways[way]; relegend(); };
  colour.addEventListener("change", () => colourBy(colour.value));
  view.scheme.addEventListener("change", relegend);
  pickFound.hidden = true;
  pick([]);
  relegend();
  return (root.logmap = { view, points, pick, text, colourBy, picked: () => picked });
};

// Where the names of clusters stand, the largest first: the template nearest to the medians of each.
function middlesOf(points) {
  const members = points.data.clusters.map(() => []);
  points.data.cluster.forEach((each, i) => { if (each >= 0) members[each].push(i); });
  const median = (values) => values.sort()[values.length >> 1];
  return members.map((own, place) => ({ own, name: points.data.clusters[place].name })).filter(({ own }) => own.length)
    .sort((a, b) => b.own.length - a.own.length)
    .map(({ own, name }) => ({ name, x: median(Float32Array.from(own, (i) => points.x[i])), y: median(Float32Array.from(own, (i) => points.y[i])) }));
}
