"use strict";
// The templates of a map: what they are coloured by, which is where, which are found. Nothing here draws.
var LogMap = window.LogMap || {};

// The hues of the labels are those of the console and the dashboards.
LogMap.LABELS = {
  "Security Alert": ["#d32f2f", "#ff6b6b"], "Critical Error": ["#8e1420", "#e0465a"], "Error": ["#e07b00", "#ffa23a"],
  "Workflow Error": ["#ad5500", "#e08a3c"], "Deprecation Warning": ["#b08b00", "#e3c64a"],
  "Resource Usage": ["#7d4fc4", "#b18cf0"], "HTTP Status": ["#2f6fd0", "#79a8f5"], "User Action": ["#2e8b4a", "#6cc887"],
  "System Notification": ["#4d9ab8", "#86c9e4"], "Unclassified": ["#7a8494", "#97a2b2"],
};
LogMap.NEUTRAL = ["#a4abb5", "#5b6572"];
// Twenty hues that neighbours in the list tell apart; more categories go round again, lighter.
LogMap.HUES = [
  ["#1f77b4", "#6db1f2"], ["#e07b00", "#ffa23a"], ["#2e8b4a", "#6cc887"], ["#d32f2f", "#ff6b6b"], ["#7d4fc4", "#b18cf0"],
  ["#8c564b", "#c99a8e"], ["#d9489a", "#f28cc3"], ["#0f8b8d", "#4fc3c5"], ["#8a8f00", "#c9cf3f"], ["#3d5a98", "#8fa9e6"],
  ["#b4532a", "#ee9067"], ["#5a7d1c", "#a3c75a"], ["#a23b72", "#e07ab4"], ["#00739c", "#3fb6e0"], ["#6a4c93", "#b298db"],
  ["#a07800", "#e3c64a"], ["#2a7f62", "#69c2a3"], ["#c2185b", "#ff7aa8"], ["#5d4037", "#b89b8f"], ["#455a64", "#9db4c0"],
];
LogMap.STEPS = [["#5e3c99", "#c3a5f0"], ["#9a86c4", "#9a7fd0"], ["#a39f9b", "#8d8d8d"], ["#e09a4a", "#d9a05a"], ["#b35806", "#ffb45e"]];
LogMap.STEP_NAMES = ["below 0.5", "0.5 to 0.7", "0.7 to 0.85", "0.85 to 0.95", "0.95 and above"];
LogMap.MOST_SOURCES = 40;

LogMap.Points = class {
  // data: columns of equal length x, y (0 to 65535), template, events, label, source, confidence (0 to 100), cluster (-1 for
  // none), which are numbers of the lists labels, sources and clusters (objects with a name).
  constructor(data) {
    this.data = data;
    this.count = data.template.length;
    this.x = Float32Array.from(data.x, (value) => value / 65535);
    this.y = Float32Array.from(data.y, (value) => value / 65535);
    const extent = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value - 0.5) * 2), 0.05);
    this.extent = [extent(this.x), extent(this.y)]; // how much of the unit square there is, around its middle
    this.size = Uint8Array.from(data.events, (events) => Math.min(3, Math.floor(Math.log10(Math.max(1, events)) * 0.8)));
    this.lower = null;
    this.ways = { label: this.byLabel(), source: this.bySource(), confidence: this.byConfidence(), cluster: this.byCluster() };
    this.index();
  }

  // A way of colouring: the category of each template, and the name, colours [light, dark] and count of each category.
  way(of, names, colours) {
    const counts = new Array(names.length).fill(0);
    for (let i = 0; i < this.count; i++) counts[of[i]]++;
    return { of, categories: names.map((name, i) => ({ name, colours: colours[i], count: counts[i], hidden: false })) };
  }

  byLabel() {
    const { labels, label } = this.data;
    let own = 0;
    return this.way(Uint32Array.from(label), labels, labels.map((name) => LogMap.LABELS[name] || LogMap.hue(own++)));
  }

  bySource() {
    const { sources, source } = this.data;
    const counts = new Array(sources.length).fill(0);
    for (const each of source) counts[each]++;
    const order = sources.map((_, i) => i).sort((a, b) => counts[b] - counts[a] || a - b);
    const most = order.slice(0, LogMap.MOST_SOURCES);
    const rank = new Array(sources.length).fill(most.length);
    most.forEach((each, place) => { rank[each] = place; });
    const names = most.map((each) => sources[each] || "(no source)");
    const colours = most.map((_, place) => LogMap.hue(place));
    if (order.length > most.length) {
      names.push(`${order.length - most.length} other sources`);
      colours.push(LogMap.NEUTRAL);
    }
    return this.way(Uint32Array.from(source, (each) => rank[each]), names, colours);
  }

  byConfidence() {
    const step = (value) => (value < 50 ? 0 : value < 70 ? 1 : value < 85 ? 2 : value < 95 ? 3 : 4);
    return this.way(Uint32Array.from(this.data.confidence, step), LogMap.STEP_NAMES, LogMap.STEPS);
  }

  byCluster() {
    const { clusters, cluster } = this.data;
    const names = [...clusters.map((each) => each.name), "unclustered"];
    const colours = [...clusters.map((_, place) => LogMap.hue(place)), LogMap.NEUTRAL];
    return this.way(Uint32Array.from(cluster, (each) => (each < 0 ? clusters.length : each)), names, colours);
  }

  // Templates by the cell of a grid that they are in, so that those near a place are found without looking at all.
  index() {
    const cells = (this.cells = Math.max(1, Math.min(256, Math.round(Math.sqrt(this.count)))));
    const starts = (this.starts = new Uint32Array(cells * cells + 1));
    const cell = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) {
      cell[i] = this.cellOf(this.y[i]) * cells + this.cellOf(this.x[i]);
      starts[cell[i] + 1]++;
    }
    for (let i = 0; i < cells * cells; i++) starts[i + 1] += starts[i];
    const next = starts.slice();
    this.inCells = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) this.inCells[next[cell[i]]++] = i;
  }

  cellOf(value) { return Math.max(0, Math.min(this.cells - 1, Math.floor(value * this.cells))); }

  *within(left, top, right, bottom) {
    for (let row = this.cellOf(top); row <= this.cellOf(bottom); row++) {
      for (let column = this.cellOf(left); column <= this.cellOf(right); column++) {
        const cell = row * this.cells + column;
        for (let place = this.starts[cell]; place < this.starts[cell + 1]; place++) {
          const i = this.inCells[place];
          if (this.x[i] >= left && this.x[i] <= right && this.y[i] >= top && this.y[i] <= bottom) yield i;
        }
      }
    }
  }

  // The visible template nearest to a place, at most so far away; -1 if there is none.
  nearest(x, y, far, visible) {
    let best = -1, least = far * far;
    for (const i of this.within(x - far, y - far, x + far, y + far)) {
      const distance = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (distance <= least && visible(i)) { best = i; least = distance; }
    }
    return best;
  }

  // The visible templates inside a polygon, a list of [x, y], in the order of the data.
  inside(polygon, visible) {
    const xs = polygon.map((corner) => corner[0]), ys = polygon.map((corner) => corner[1]);
    const found = [];
    for (const i of this.within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))) {
      if (visible(i) && LogMap.isInside(this.x[i], this.y[i], polygon)) found.push(i);
    }
    return found.sort((a, b) => a - b);
  }

  // The templates, or those of the sources or labels, that have every word of a text; null for an empty one.
  search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const { labels, sources, label, source } = this.data;
    this.lower = this.lower || this.data.template.map((each, i) => `${each} ${labels[label[i]]} ${sources[source[i]]}`.toLowerCase());
    const found = new Uint8Array(this.count);
    this.lower.forEach((each, i) => { if (words.every((word) => each.includes(word))) found[i] = 1; });
    return found;
  }
};

LogMap.hue = (place) => {
  const pair = LogMap.HUES[place % LogMap.HUES.length], round = Math.floor(place / LogMap.HUES.length) % 3;
  return round ? pair.map((colour) => LogMap.mixed(colour, "#888888", round * 0.28)) : pair;
};

LogMap.rgb = (colour) => [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));

LogMap.mixed = (one, other, share) => {
  const a = LogMap.rgb(one), b = LogMap.rgb(other);
  return "#" + a.map((value, i) => Math.round(value + (b[i] - value) * share).toString(16).padStart(2, "0")).join("");
};

LogMap.isInside = (x, y, polygon) => {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i], [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
};

window.LogMap = LogMap;
