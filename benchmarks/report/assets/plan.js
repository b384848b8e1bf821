// The search plan of a step. It was laid out when the page was made; here it grows into elements.

/** Grow `[tag, attributes, children]` into elements; strings become text. */
function grow(drawing) {
  if (typeof drawing === "string") return drawing;
  const [tag, attributes, children] = drawing;
  return draw(tag, attributes, ...children.map(grow));
}

function planFigure(plan) {
  const picture = grow(plan);
  const caption = make("figcaption", { "aria-hidden": "true" }, plan[1]["aria-label"]); // repeats a label
  picture.querySelectorAll(".node").forEach((node) => {
    const label = node.querySelector("title").textContent;
    const tell = () => { caption.textContent = label; };
    node.setAttribute("aria-label", label);
    node.addEventListener("focus", tell);
    node.addEventListener("pointerenter", tell);
  });
  picture.style.maxWidth = `${plan[1].width}px`;
  picture.style.minWidth = `${0.65 * plan[1].width}px`; // readable, or else it scrolls
  return make("figure", { className: "plan" }, make("div", {}, picture), caption);
}
