"use strict";
// Draws templates as discs. The pixels are written by hand: a hundred thousand discs take milliseconds, with or without a
// graphics processor.

LogMap.Canvas = class {
  constructor(canvas, points) {
    this.canvas = canvas;
    this.points = points;
    this.context = canvas.getContext("2d", { alpha: false });
    this.scale = 1;
    this.left = 0; // the place of the map at the upper left corner
    this.top = 0;
  }

  // Take the size of the element; returns whether it has changed.
  resize() {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (width === this.canvas.width && height === this.canvas.height && ratio === this.ratio) return false;
    const first = this.ratio === undefined;
    this.ratio = ratio;
    this.canvas.width = width;
    this.canvas.height = height;
    // Room for a disc on every side, so that none is cut while it is drawn.
    this.pad = Math.ceil(40 * ratio);
    this.stride = width + 2 * this.pad;
    this.image = new ImageData(this.stride, height + 2 * this.pad);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (first) this.fit();
    return true;
  }

  // Show all: the unit square with a margin. `scale` is in pixels of the page for the whole of it.
  fit() {
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    const [wide, high] = this.points.extent; // of the unit square; the longer one is 1
    this.scale = this.fitted = Math.max(50, Math.min(width / wide, height / high) * 0.94);
    this.left = 0.5 - width / 2 / this.scale;
    this.top = 0.5 - height / 2 / this.scale;
  }

  toMap(x, y) { return [this.left + x / this.scale, this.top + y / this.scale]; }

  toPage(x, y) { return [(x - this.left) * this.scale, (y - this.top) * this.scale]; }

  pan(dx, dy) {
    this.left = Math.max(-0.5, Math.min(1.5, this.left - dx / this.scale));
    this.top = Math.max(-0.5, Math.min(1.5, this.top - dy / this.scale));
  }

  // Zoom by a factor; what is at a place of the page stays there.
  zoom(factor, x, y) {
    const [mapX, mapY] = this.toMap(x, y);
    this.scale = Math.max(this.fitted * 0.5, Math.min(this.fitted * 400, this.scale * factor));
    this.left = mapX - x / this.scale;
    this.top = mapY - y / this.scale;
  }

  // The radius in pixels of the page of the smallest disc: of many templates small, and larger when one comes closer.
  radius() {
    const many = Math.max(1.1, 7 - Math.log10(Math.max(10, this.points.count)) * 1.2);
    return Math.min(9, many * Math.max(1, this.scale / this.fitted) ** 0.3);
  }

  // The pixels of a disc as offsets in the image, and how much of each it takes, 0 to 256.
  stamp(radius, opacity) {
    const reach = Math.ceil(radius + 0.5), offsets = [], cover = [];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const covered = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(x, y)));
        if (covered > 0.02) { offsets.push(y * this.stride + x); cover.push(Math.round(covered * opacity * 256)); }
      }
    }
    return { offsets: Int32Array.from(offsets), cover: Uint16Array.from(cover) };
  }

  // Draw. `way` is a way of colouring; `dark` chooses its colours; `page` is the colour behind; `strong` has 1 for templates
  // that stand out, null if all do; `picked` has 1 for those that have a ring.
  draw(way, dark, page, strong, picked) {
    const [r, g, b] = LogMap.rgb(page);
    this.pixels.fill((255 << 24) | (b << 16) | (g << 8) | r);
    const base = this.radius() * this.ratio, factors = [1, 1.25, 1.55, 1.9];
    const colours = way.categories.map((each) => LogMap.rgb(each.colours[dark ? 1 : 0]));
    const hidden = way.categories.map((each) => each.hidden);
    const ring = dark ? [255, 255, 255] : [0, 0, 0];
    const rings = picked && factors.map((factor) => this.stamp(base * factor + 2 * this.ratio, 1));
    const { size, count } = this.points, { of } = way;
    // `flags` chooses the templates that have `wanted` there, all where it is null.
    const pass = (flags, wanted, opacity) => {
      const stamps = factors.map((factor) => this.stamp(base * factor, opacity));
      for (let i = 0; i < count; i++) {
        if ((flags && flags[i] !== wanted) || hidden[of[i]]) continue;
        if (picked && picked[i]) this.put(i, rings[size[i]], ring);
        this.put(i, stamps[size[i]], colours[of[i]]);
      }
    };
    if (strong) pass(strong, 0, 0.13);
    pass(strong || picked, strong ? 1 : 0, 0.82);
    if (picked && !strong) pass(picked, 1, 0.95);
    this.context.putImageData(this.image, -this.pad, -this.pad);
  }

  put(i, stamp, colour) {
    const scale = this.scale * this.ratio;
    const x = Math.round((this.points.x[i] - this.left) * scale), y = Math.round((this.points.y[i] - this.top) * scale);
    const room = this.pad / 2;
    if (x < -room || y < -room || x >= this.canvas.width + room || y >= this.canvas.height + room) return;
    const start = (y + this.pad) * this.stride + x + this.pad;
    const { offsets, cover } = stamp, pixels = this.pixels;
    const [r, g, b] = colour;
    for (let k = 0; k < offsets.length; k++) {
      const share = cover[k], place = start + offsets[k], below = pixels[place];
      const red = below & 255, green = (below >> 8) & 255, blue = (below >> 16) & 255;
      pixels[place] = (255 << 24) | ((blue + (((b - blue) * share) >> 8)) << 16) |
        ((green + (((g - green) * share) >> 8)) << 8) | (red + (((r - red) * share) >> 8));
    }
  }
};
