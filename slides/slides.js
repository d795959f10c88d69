// Starts the slides; a figure is drawn, and a table fitted, when its slide is shown.
(function () {
  "use strict";
  // A table in letters as large as it has room for; one of many columns and few rows is laid on its side.
  function fit(result) {
    if (result.dataset.fitted || !result.clientWidth) { return; }
    result.dataset.fitted = "yes";
    var within = result.querySelector("div") || result;
    var table = result.querySelector("table");
    function fits(least) {
      for (var size = table ? 1.2 : 0.85; size >= least; size -= 0.05) {
        result.style.fontSize = size + "em";
        if (within.scrollWidth <= within.clientWidth && result.scrollHeight <= result.clientHeight + 1) { return true; }
      }
      return false;
    }
    if (!fits(table ? 0.6 : 0.4) && table && table.rows.length < table.rows[0].cells.length) { lay(table); }
    fits(0.4);
  }
  function lay(table) {
    var rows = Array.prototype.map.call(table.rows, function (row) { return Array.prototype.slice.call(row.cells); });
    var body = document.createElement("tbody");
    rows[0].forEach(function (_, column) {
      var line = body.insertRow();
      rows.forEach(function (cells) { if (cells[column]) { line.appendChild(cells[column]); } });
    });
    table.replaceChildren(body);
  }
  function draw(slide) {
    slide.querySelectorAll(".result").forEach(fit);
    slide.querySelectorAll(".draw").forEach(function (place) {
      if (!place.dataset.drawn && place.clientWidth) {
        place.dataset.drawn = "yes";
        var spec = JSON.parse(JSON.stringify(window.FIGURES[place.id]));
        fitted(place, enlarged(spec.layout, place.clientHeight) && spec);
      }
    });
  }
  // As high as the slide has room, in letters that are read from afar.
  function enlarged(layout, high) {
    var times = Math.max(1, innerHeight * 0.023 / 13);
    layout.height = Math.max(280, high);
    (function larger(part) {
      Object.keys(part).forEach(function (name) {
        if (name === "font" || name === "tickfont") { part[name].size = (part[name].size || 13) * times; }
        if (part[name] && typeof part[name] === "object") { larger(part[name]); }
      });
    })(layout);
    layout.font = layout.font || {size: 13 * times};
    // Words side by side have no more room than before: larger, they would be laid aslant.
    Object.keys(layout).filter(function (name) { return /^xaxis/.test(name); }).forEach(function (name) {
      layout[name].tickfont = Object.assign({}, layout[name].tickfont, {size: 13});
    });
    ["t", "b", "l", "r"].forEach(function (side) {
      if (layout.margin && layout.margin[side]) { layout.margin[side] *= times; }
    });
    return layout;
  }
  function drawAll() { document.querySelectorAll(".slides section").forEach(draw); }
  Reveal.initialize({
    width: "100%", height: "100%", margin: 0, minScale: 1, maxScale: 1, center: false, transition: "none", display: "flex",
    hash: true, slideNumber: "c/t", pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
    keyboard: {67: function () { Reveal.getCurrentSlide().querySelectorAll(".cell").forEach(function (cell) { cell.open = !cell.open; }); }}
  }).then(function () {
    // When the slide has its size.
    requestAnimationFrame(function () { draw(Reveal.getCurrentSlide()); });
  });
  Reveal.on("slidechanged", function (event) { draw(event.currentSlide); });
  Reveal.on("pdf-ready", drawAll);
})();
