// Starts the slides; a figure is drawn, and a table fitted, when its slide is shown.
(function () {
  "use strict";
  // A table in letters as large as it has room for.
  function fit(result) {
    if (result.dataset.fitted) { return; }
    result.dataset.fitted = "yes";
    var within = result.querySelector("div") || result;
    function isCut() {
      return within.scrollWidth > within.clientWidth || result.scrollHeight > result.clientHeight + 1;
    }
    for (var size = 1.4; size > 0.45; size -= 0.05) {
      result.style.fontSize = size + "em";
      if (!isCut()) { return; }
    }
  }
  function draw(slide) {
    slide.querySelectorAll(".result").forEach(fit);
    slide.querySelectorAll(".draw").forEach(function (place) {
      if (!place.dataset.drawn) {
        place.dataset.drawn = "yes";
        var spec = JSON.parse(JSON.stringify(window.FIGURES[place.id]));
        // As high as the slide has room, in letters that are read from afar.
        spec.layout.height = Math.max(280, place.clientHeight);
        spec.layout.font = Object.assign({}, spec.layout.font, {size: 15});
        fitted(place, spec);
      }
    });
  }
  function drawAll() { document.querySelectorAll(".slides > section").forEach(draw); }
  Reveal.initialize({
    width: "100%", height: "100%", margin: 0, minScale: 1, maxScale: 1, center: false, transition: "none",
    hash: true, display: "flex", slideNumber: "c/t", plugins: [RevealNotes]
  }).then(function () {
    draw(Reveal.getCurrentSlide());
    if (/print-pdf/.test(location.search)) { drawAll(); }
  });
  Reveal.on("slidechanged", function (event) { draw(event.currentSlide); });
  window.addEventListener("beforeprint", drawAll);
})();
