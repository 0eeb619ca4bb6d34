// Draws the charts of statistics pages from what the page says in data-chart; the table under each stands without it.

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const COLOURS = ["--accent", "--info", "--warn", "--late", "--danger", "--muted"];
const MOST_POINTS_WITH_NAMES = 40;

/** The colours of the page's own theme, lighter from round to round. */
function colour(number) {
  const base = token(COLOURS[number % COLOURS.length]);
  const round = Math.floor(number / COLOURS.length);
  return round ? `color-mix(in srgb, ${base} ${Math.max(25, 100 - 30 * round)}%, ${token("--surface")})` : base;
}

/** A canvas understands no color-mix: let the browser say it in plain numbers. */
function plain(text) {
  const probe = document.createElement("span");
  probe.style.color = text;
  document.body.append(probe);
  const said = getComputedStyle(probe).color;
  probe.remove();
  return said.startsWith("rgb") ? said : token("--accent");
}

function dataset(series, number, kind, points) {
  const paint = plain(colour(number));
  const slices = Array.from({ length: points }, (_, index) => plain(colour(index)));
  return {
    label: series.label,
    data: series.data,
    backgroundColor: kind === "pie" ? slices : paint,
    borderColor: kind === "line" ? paint : token("--surface"),
    borderWidth: kind === "line" ? 2 : 1,
    tension: 0,
    maxBarThickness: 48,
  };
}

function options(spec) {
  const ink = token("--muted");
  const legend = { display: spec.kind === "pie" || spec.series.length > 1, labels: { color: ink }, position: "bottom" };
  const grid = { color: token("--line") };
  const ticks = { color: ink };
  const named = { ...ticks, autoSkip: spec.labels.length > MOST_POINTS_WITH_NAMES };
  const stacked = Boolean(spec.stacked) && spec.kind === "bar";
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    plugins: { legend },
    scales: spec.kind === "pie" ? {} : {
      x: { stacked, grid: { display: false }, ticks: named },
      y: { stacked, beginAtZero: true, grid, ticks },
    },
  };
}

function draw(canvas) {
  const spec = JSON.parse(canvas.dataset.chart);
  canvas.parentElement.hidden = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  return new Chart(canvas, {
    type: spec.kind,
    data: {
      labels: spec.labels,
      datasets: spec.series.map((one, number) => dataset(one, number, spec.kind, spec.labels.length)),
    },
    options: options(spec),
  });
}

if (typeof Chart !== "undefined") {
  const charts = Array.from(document.querySelectorAll("canvas[data-chart]"), draw);
  const fit = () => { for (const chart of charts) chart.resize(); };
  window.addEventListener("beforeprint", fit);
  window.addEventListener("afterprint", fit);
}
