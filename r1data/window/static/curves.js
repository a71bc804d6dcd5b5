// Draws the charts of trainings with uPlot, and follows them: only points that are new are fetched.
"use strict";
(() => {
  const HEIGHT = 200;
  const POLL_MS = 2000;
  const cursors = new Map(); // run → the server's cursor
  const runs = new Map(); // run → metric → {steps, values}
  const alarms = new Map(); // run → [{step, name}]
  const running = new Map();
  const drawn = new Map(); // <figure> → {plot, stamp}
  const hidden = new Set();
  const many = document.getElementById("state") === null;
  const control = (name) => document.getElementById(`chart-${name}`);
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(
      ["one", "two", "three", "four", "soft", "grid", "line", "bad"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
    );
  };

  async function fetchRun(run) {
    const query = cursors.has(run) ? `?since=${encodeURIComponent(cursors.get(run))}` : "";
    const response = await fetch(`/r/${run}/metrics${query}`, { headers: { accept: "application/json" } });
    if (!response.ok) return false;
    const { cursor, whole, curves, alarms: begun, running: goes } = await response.json();
    const known = whole || !runs.has(run) ? new Map() : runs.get(run);
    for (const [key, { from, steps, values }] of Object.entries(curves)) {
      const old = known.get(key) ?? { steps: [], values: [] };
      let end = old.steps.length;
      while (end > 0 && old.steps[end - 1] >= from) end -= 1;
      known.set(key, { steps: old.steps.slice(0, end).concat(steps), values: old.values.slice(0, end).concat(values) });
    }
    cursors.set(run, cursor);
    runs.set(run, known);
    alarms.set(run, begun);
    running.set(run, goes);
    return true;
  }

  function smoothed(values, weight) {
    let mean = 0;
    let mass = 0;
    return values.map((value) => {
      mean = weight * mean + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
      return mean / mass;
    });
  }

  function linesOf(figure) {
    return [...figure.querySelectorAll("tr[data-key]")].map((row) => ({
      row,
      index: Number(row.dataset.colour),
      curve: runs.get(row.dataset.run)?.get(row.dataset.key),
      run: row.dataset.run,
    }));
  }

  const shown = (value, share) => {
    if (share) return `${Number((value * 100).toPrecision(3))} %`;
    return Math.abs(value) >= 10000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));
  };

  const short = (value) => {
    const size = Math.abs(value);
    if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
    if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
    return size !== 0 && size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
  };

  function dataOf(lines, weight, log) {
    const positive = (values) => (log ? values.map((value) => (value > 0 ? value : null)) : values);
    const tables = [];
    for (const { curve } of lines) {
      const { steps, values } = curve ?? { steps: [], values: [] };
      tables.push([steps, positive(values)]);
      if (weight > 0) tables.push([steps, positive(smoothed(values, weight))]);
    }
    return uPlot.join(tables);
  }

  function optionsOf(figure, lines, width, weight, log) {
    const share = figure.dataset.share === "1";
    const colour = colours();
    const names = ["one", "two", "three", "four"];
    const series = [{ label: "step" }];
    for (const { index, run } of lines) {
      const stroke = colour[names[index % 4]];
      const dash = index >= 4 ? [6, 4] : undefined;
      const common = { stroke, dash, spanGaps: true, points: { show: false }, show: !hidden.has(run) };
      if (weight > 0) series.push({ ...common, width: 1, alpha: 0.3 });
      series.push({ ...common, width: 1.8 });
    }
    const axis = { stroke: colour.soft, grid: { stroke: colour.grid, width: 1 }, ticks: { stroke: colour.line, width: 1 }, font: "11px system-ui, sans-serif" };
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: "r1" }, focus: { prox: 24 }, points: { size: 6 } },
      scales: { x: { time: false }, y: log ? { distr: 3, log: 10 } : {} },
      series,
      axes: [
        { ...axis, size: 28, values: (_, ticks) => ticks.map(short) },
        { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : share ? short(tick * 100) + "%" : short(tick))) },
      ],
      hooks: {
        setCursor: [(plot) => tell(figure, lines, plot.cursor.idx === null || plot.cursor.idx === undefined ? null : plot.posToVal(plot.cursor.left, "x"), share)],
        draw: [(plot) => mark(plot, lines, colour)],
      },
    };
  }

  // The values under the cursor stand in the table below; without a cursor, the newest.
  function tell(figure, lines, step, share) {
    for (const { row, curve } of lines) {
      if (!curve || curve.steps.length === 0) continue;
      let place = curve.steps.length - 1;
      if (step !== null) {
        place = curve.steps.findIndex((each) => each >= step);
        if (place < 0) place = curve.steps.length - 1;
        else if (place > 0 && step - curve.steps[place - 1] < curve.steps[place] - step) place -= 1;
      }
      row.querySelector("[data-part=value]").textContent = shown(curve.values[place], share);
      row.querySelector("[data-part=step]").textContent = curve.steps[place].toLocaleString("en");
    }
  }

  function mark(plot, lines, colour) {
    const first = lines.length ? lines[0].run : null;
    if (many || !alarms.has(first)) return;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour.bad;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const { step } of alarms.get(first).slice(0, 20)) {
      const x = plot.valToPos(step, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  function draw(figure) {
    const place = figure.querySelector(".plot");
    const width = Math.floor(place.clientWidth);
    if (width < 50 || figure.hidden) return; // in a closed <details>
    const lines = linesOf(figure);
    const weight = Number(control("smoothing").value);
    const values = lines.flatMap(({ curve }) => curve?.values ?? []);
    const log = control("log").checked && values.some((value) => value > 0);
    const shape = JSON.stringify([lines.map(({ run, row }) => [run, row.dataset.key, hidden.has(run)]), weight, log, colours()]);
    const known = drawn.get(figure);
    if (values.length === 0) return;
    const data = dataOf(lines, weight, log);
    if (known && known.shape === shape) {
      if (known.plot.width !== width) known.plot.setSize({ width, height: HEIGHT });
      // A reader who has zoomed in keeps what they look at.
      const { min, max } = known.plot.scales.x;
      const zoomed = known.end !== null && (min > known.start || max < known.end);
      known.plot.setData(data, !zoomed);
      known.plot.redraw();
      [known.start, known.end] = [data[0][0], data[0].at(-1)];
      return;
    }
    known?.plot.destroy();
    place.replaceChildren();
    const plot = new uPlot(optionsOf(figure, lines, width, weight, log), data, place);
    drawn.set(figure, { plot, shape, start: data[0][0], end: data[0].at(-1) });
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("figure.chart")) draw(figure);
  }

  let busy = false;
  let again = false;
  async function update() {
    again = busy || document.hidden;
    if (again) return;
    busy = true;
    try {
      const keys = new Set([...document.querySelectorAll("tr[data-run]")].map((row) => row.dataset.run));
      for (const run of keys) await fetchRun(run);
      for (const figure of [...drawn.keys()]) {
        if (figure.isConnected) continue;
        drawn.get(figure).plot.destroy();
        drawn.delete(figure);
      }
      filter();
    } catch {
      // The server is gone for a moment.
    } finally {
      busy = false;
      if (again) update();
    }
  }

  function filter() {
    const words = control("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const figure of document.querySelectorAll("figure.chart")) {
      figure.hidden = !words.every((word) => figure.dataset.name.includes(word));
    }
    const others = document.getElementById("other-metrics");
    if (words.length && others) others.open = true;
    drawAll();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "chart-filter") filter();
    else if (event.target.id === "chart-smoothing" || event.target.id === "chart-log") drawAll();
    else if (event.target.dataset.show) {
      if (event.target.checked) hidden.delete(event.target.dataset.show);
      else hidden.add(event.target.dataset.show);
      drawAll();
    }
  });
  document.addEventListener("toggle", drawAll, true);
  document.addEventListener("r1:state", update);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && again) update();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let timer = 0;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(drawAll, 150);
  });
  update();
  if (many) setInterval(() => { if ([...running.values()].some(Boolean)) update(); }, POLL_MS);
})();
