// The one chart that says something: what finished on each of the last days.

import { h } from "./dom.js";

const HEIGHT = 96;
const WIDTH = 64;
const PARTS = ["succeeded", "failed", "timed_out"];

export function days(found) {
  const most = Math.max(...found.map((one) => PARTS.reduce((sum, name) => sum + one[name], 0)), 1);
  const bars = found.map((one, index) => {
    let top = HEIGHT + 16;
    const total = PARTS.reduce((sum, name) => sum + one[name], 0);
    const said = `${one.date}: ${one.succeeded} succeeded, ${one.failed} failed, ${one.timed_out} timed out`;
    return h(
      "g",
      { "data-key": one.date },
      h("title", {}, said),
      PARTS.map((name) => {
        const height = (HEIGHT * one[name]) / most;
        top -= height;
        return (
          height > 0 &&
          h("rect", { x: index * WIDTH + 12, y: top, width: WIDTH - 24, height, rx: 2, "data-state": name })
        );
      }),
      total > 0 && h("text.number", { x: index * WIDTH + WIDTH / 2, y: top - 4, "text-anchor": "middle" }, total),
      h(
        "text",
        { x: index * WIDTH + WIDTH / 2, y: HEIGHT + 32, "text-anchor": "middle" },
        new Date(`${one.date}T12:00:00Z`).toLocaleDateString("en", { weekday: "short" }),
      ),
    );
  });
  const spoken = found
    .map((one) => `${one.date}: ${PARTS.map((name) => `${one[name]} ${name.replace("_", " ")}`).join(", ")}`)
    .join("; ");
  return h(
    "svg.chart",
    { viewBox: `0 0 ${WIDTH * found.length} ${HEIGHT + 36}`, role: "img", "aria-label": spoken },
    bars,
  );
}
