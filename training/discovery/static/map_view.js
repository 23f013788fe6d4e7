"use strict";
// The map itself: moving, zooming, pointing at a template, and drawing a line around some.

LogMap.MOST_NAMES = 30; // on the map at once

LogMap.View = class {
  // state: { points, way, strong, picked, names } as the panel has it; tell: { hover(i), lasso(indexes), click(i) }.
  constructor(holder, state, tell) {
    this.state = state;
    this.tell = tell;
    this.holder = holder;
    this.base = LogMap.made("canvas", { className: "logmap-points" });
    this.over = LogMap.made("canvas", { className: "logmap-over", tabIndex: 0 });
    this.over.setAttribute("role", "application");
    this.over.setAttribute("aria-label", "Map of templates");
    this.over.setAttribute("aria-describedby", "logmap-keys");
    holder.append(this.base, this.over);
    this.canvas = new LogMap.Canvas(this.base, state.points);
    this.pen = this.over.getContext("2d");
    this.lassoing = false;
    this.hovered = -1;
    this.line = null;
    this.pointers = new Map();
    this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(holder);
    this.listen();
    this.redraw();
  }

  visible() {
    const { way, strong } = this.state;
    return (i) => !way.categories[way.of[i]].hidden && (!strong || strong[i]);
  }

  // Draw in the next frame, once, however often it is asked for.
  redraw() {
    this.dirty = true;
    this.touch();
  }

  touch() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  draw() {
    if (this.canvas.resize()) {
      this.over.width = this.base.width;
      this.over.height = this.base.height;
      this.dirty = true;
    }
    const style = getComputedStyle(this.holder), { way, strong, picked } = this.state;
    const began = performance.now();
    if (this.dirty) this.canvas.draw(way, this.scheme.matches, style.getPropertyValue("--map-page").trim(), strong, picked);
    this.dirty = false;
    this.spent = performance.now() - began;
    this.drawOver(style);
  }

  // What lies over the discs: the names of the clusters, the ring around what is pointed at, the line being drawn.
  drawOver(style) {
    const { pen, canvas } = this, ink = style.getPropertyValue("--map-ink").trim(), page = style.getPropertyValue("--map-page").trim();
    pen.setTransform(canvas.ratio, 0, 0, canvas.ratio, 0, 0);
    pen.clearRect(0, 0, this.over.width, this.over.height);
    if (this.state.names) this.drawNames(ink, page);
    if (this.hovered >= 0) {
      const [x, y] = canvas.toPage(this.state.points.x[this.hovered], this.state.points.y[this.hovered]);
      pen.beginPath();
      pen.arc(x, y, canvas.radius() * 1.9 + 3, 0, 7);
      pen.lineWidth = 2;
      pen.strokeStyle = ink;
      pen.stroke();
    }
    if (this.line && this.line.length > 1) {
      pen.beginPath();
      this.line.forEach(([x, y]) => pen.lineTo(x, y));
      pen.closePath();
      pen.globalAlpha = 0.12;
      pen.fillStyle = ink;
      pen.fill();
      pen.globalAlpha = 1;
      pen.setLineDash([5, 4]);
      pen.lineWidth = 1.5;
      pen.strokeStyle = ink;
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  // Names of clusters, the largest first, where there is room for them.
  drawNames(ink, page) {
    const { pen, canvas } = this, taken = [];
    pen.font = "600 11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.globalAlpha = 0.85;
    for (const { name, x, y } of this.state.middles()) {
      const [px, py] = canvas.toPage(x, y), half = pen.measureText(name).width / 2 + 4;
      const box = [Math.max(half, Math.min(canvas.canvas.clientWidth - half, px)), py, half];
      if (px < 0 || py < 8 || px > canvas.canvas.clientWidth || py > canvas.canvas.clientHeight) continue;
      if (taken.some((other) => Math.abs(other[0] - box[0]) < other[2] + half && Math.abs(other[1] - py) < 17)) continue;
      taken.push(box);
      if (taken.length > LogMap.MOST_NAMES) break;
      pen.strokeStyle = page;
      pen.strokeText(name, box[0], py + 4);
      pen.fillStyle = ink;
      pen.fillText(name, box[0], py + 4);
    }
    pen.globalAlpha = 1;
  }

  at(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  point(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.tell.hover(i);
    this.touch();
  }

  under(x, y) {
    const [mapX, mapY] = this.canvas.toMap(x, y);
    return this.state.points.nearest(mapX, mapY, (this.canvas.radius() * 2 + 6) / this.canvas.scale, this.visible());
  }

  listen() {
    const over = this.over;
    over.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.at(event));
      this.moved = false;
      this.line = (this.lassoing || event.shiftKey) && this.pointers.size === 1 ? [this.at(event)] : null;
    });
    over.addEventListener("pointermove", (event) => this.move(event));
    const end = (event) => this.release(event);
    over.addEventListener("pointerup", end);
    over.addEventListener("pointercancel", end);
    over.addEventListener("pointerleave", () => { if (!this.pointers.size) this.point(-1); });
    over.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      this.canvas.zoom(Math.exp(-event.deltaY * lines * 0.0018), ...this.at(event));
      this.redraw();
    }, { passive: false });
    over.addEventListener("dblclick", (event) => this.zoom(2, ...this.at(event)));
    over.addEventListener("keydown", (event) => this.key(event));
  }

  move(event) {
    const [x, y] = this.at(event), before = this.pointers.get(event.pointerId);
    if (!before) {
      this.point(this.under(x, y));
      return;
    }
    const dx = x - before[0], dy = y - before[1];
    if (this.line) {
      if (dx || dy) { this.line.push([x, y]); this.pointers.set(event.pointerId, [x, y]); this.touch(); }
      return;
    }
    if (!this.moved && Math.hypot(dx, dy) < 3) return;
    this.moved = true;
    if (this.pointers.size === 2) this.pinch(event.pointerId, [x, y]);
    else this.canvas.pan(dx, dy);
    this.pointers.set(event.pointerId, [x, y]);
    this.redraw();
  }

  pinch(moving, [x, y]) {
    const [other] = [...this.pointers].filter(([id]) => id !== moving).map(([, place]) => place);
    const before = this.pointers.get(moving);
    const apart = Math.hypot(before[0] - other[0], before[1] - other[1]);
    this.canvas.zoom(Math.hypot(x - other[0], y - other[1]) / Math.max(1, apart), (x + other[0]) / 2, (y + other[1]) / 2);
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const line = this.line;
    this.line = null;
    this.touch();
    if (line && line.length > 2) this.tell.lasso(this.state.points.inside(line.map(([x, y]) => this.canvas.toMap(x, y)), this.visible()));
    else if (!this.moved && event.type === "pointerup") this.tell.click(this.under(...this.at(event)));
  }

  zoom(factor, x = this.over.clientWidth / 2, y = this.over.clientHeight / 2) {
    this.canvas.zoom(factor, x, y);
    this.redraw();
  }

  fit() {
    this.canvas.fit();
    this.redraw();
  }

  // The visible templates that are on the page now.
  inView() {
    const box = [...this.canvas.toMap(0, 0), ...this.canvas.toMap(this.over.clientWidth, this.over.clientHeight)];
    const visible = this.visible();
    return [...this.state.points.within(...box)].filter(visible).sort((a, b) => a - b);
  }

  // Point at the next template by its distance from the middle, or the one before.
  step(by) {
    const { points } = this.state, [x, y] = this.canvas.toMap(this.over.clientWidth / 2, this.over.clientHeight / 2);
    const far = (i) => (points.x[i] - x) ** 2 + (points.y[i] - y) ** 2;
    const order = this.inView().sort((a, b) => far(a) - far(b));
    if (order.length) this.point(order[(order.indexOf(this.hovered) + by + order.length) % order.length]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 60, keys = {
      ArrowLeft: () => this.canvas.pan(step, 0), ArrowRight: () => this.canvas.pan(-step, 0),
      ArrowUp: () => this.canvas.pan(0, step), ArrowDown: () => this.canvas.pan(0, -step),
      "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), 0: () => this.canvas.fit(),
      n: () => this.step(1), p: () => this.step(this.hovered < 0 ? 0 : -1),
      Enter: () => this.tell.lasso(this.inView()), " ": () => this.tell.click(this.hovered),
      Escape: () => this.tell.lasso([]),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    this.redraw();
  }
};
