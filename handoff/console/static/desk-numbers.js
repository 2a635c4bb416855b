// The numbers page: fresh every five seconds, and each table drawn as a chart. Without this file it is tables.
"use strict";
(() => {
  if (document.body.dataset.page !== "numbers") return;
  const { ask } = deskTongue;
  const EVERY = 5000;
  const charts = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // What a chart shows stands in its table: times, names, and a column of numbers for each series.
  function read(figure) {
    const table = figure.querySelector("[data-table] table"); // the chart has one too, its legend
    const rows = [...table.tBodies[0].rows];
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const labels = rows.map((row) => row.cells[0].textContent);
    const columns = names.slice(1).map((_, n) => rows.map((row) => {
      const number = Number(row.cells[n + 1].textContent);
      return Number.isNaN(number) ? null : number;
    }));
    return { names, labels, columns };
  }

  function draw(figure) {
    const { names, labels, columns } = read(figure);
    const plot = figure.querySelector("[data-plot]");
    plot.hidden = false;
    const data = [labels.map((_, n) => n), ...columns];
    const known = charts.get(figure);
    const shape = JSON.stringify([names, labels.length]);
    if (known?.shape === shape && known.shade === colour("text")) {
      known.labels = labels;
      known.chart.setData(data);
      return;
    }
    known?.chart.destroy();
    const entry = { shape, shade: colour("text"), labels };
    const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const bars = uPlot.paths.bars({ size: [0.7, 36] });
    const series = columns.map((_, n) => n === 0
      ? { label: names[1], stroke: colour("main"), fill: colour("main"), width: 0, paths: bars, points: { show: false } }
      : { label: names[n + 1], stroke: colour("text"), width: 2, dash: [4, 3], points: { show: false } });
    const options = {
      width: plot.clientWidth,
      height: 190,
      legend: { show: columns.length > 1, live: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.1))] } },
      axes: [
        { ...axis, grid: { show: false }, values: (_, marks) => marks.map((mark) => entry.labels[mark] ?? ""), incrs: [1, 2, 3, 4, 6, 12], space: 52 },
        { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000] },
      ],
      series: [{}, ...series],
    };
    entry.chart = new uPlot(options, data, plot);
    charts.set(figure, entry);
  }

  const figures = [...document.querySelectorAll("[data-chart]")];
  for (const figure of figures) figure.querySelector("[data-table]").open = false;
  const drawAll = () => figures.forEach(draw);
  drawAll();
  document.addEventListener("desk-shade", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new ResizeObserver(() => {
    for (const { chart } of charts.values()) chart.setSize({ width: chart.root.parentElement.clientWidth, height: 190 });
  }).observe(document.querySelector(".numbers-charts"));

  // --- Fresh numbers; what has the focus keeps it, and a page nobody sees asks for nothing.

  function swap(page) {
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const here = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
      if (!here || here.innerHTML === fresh.innerHTML) continue;
      const focused = here.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      here.replaceChildren(...fresh.childNodes);
      if (focused) [...here.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
    }
    drawAll();
  }

  async function refresh() {
    try {
      const response = await ask(location.href, { headers: { "X-Desk-Refresh": "1" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (page.body.dataset.page === "login") { location.assign(response.url); return; }
      if (page.body.dataset.page === "numbers") swap(page);
      else throw new Error("no numbers");
    } catch {
      document.querySelector(".numbers-lost").hidden = false;
    }
  }

  setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
})();
