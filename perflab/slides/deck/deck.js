// Text takes the largest size at which it fits. Code first shrinks until few of its lines must wrap, if it may that far.
function fit(box) {
  const lines = [...box.querySelectorAll(".line")];
  const { least, wraps } = box.dataset;
  let size = parseFloat(getComputedStyle(box).fontSize);
  const tooBig = () =>
    box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1 ||
    (size > wraps && lines.filter(line => line.offsetHeight > 2 * size).length > Math.ceil(lines.length / 8));
  while (size > least && tooBig()) box.style.fontSize = `${size -= 0.5}px`;
}

Promise.all([...document.fonts].map(font => font.load())).then(() => {
  page.classList.add("measuring");  // all slides are laid out, and none is in sight
  document.querySelectorAll(".fit").forEach(fit);
  page.classList.remove("measuring");
  Reveal.on("pdf-ready", () => page.classList.add("printable"));
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, transition: "none", backgroundTransition: "none",
    hash: true, controls: false, pdfMaxPagesPerSlide: 1, scrollActivationWidth: null,
    plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 84, key: "T", description: "Light or dark" }, otherTheme);
});
