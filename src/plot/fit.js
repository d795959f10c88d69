function fitted(place, spec) {
    // The neutral colours of a figure, and what they are on a dark page.
    var dark = {"#ffffff": "#1b1b1b", "#222222": "#dddddd", "#444444": "#bbbbbb", "#555555": "#b0b0b0", "#888888": "#777777", "#e5e5e5": "#3a3a3a"};
    function recoloured(value) {
      if (Array.isArray(value)) { return value.map(recoloured); }
      if (value && typeof value === "object") {
        var copy = {};
        Object.keys(value).forEach(function (key) { copy[key] = recoloured(value[key]); });
        return copy;
      }
      return typeof value === "string" && dark[value] ? dark[value] : value;
    }
    function isDark() {
      for (var at = place; at; at = at.parentElement) {
        var parts = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) || []).map(Number);
        if (parts.length === 3 || parts[3] > 0) { return parts[0] + parts[1] + parts[2] < 384; }
      }
      return false;
    }
    function wrapped(text, letters) {
      return String(text || "").split("<br>").map(function (line) {
        var lines = [""];
        line.split(" ").forEach(function (word) {
          var last = lines[lines.length - 1];
          if (last && last.length + word.length >= letters) { lines.push(word); }
          else { lines[lines.length - 1] = last ? last + " " + word : word; }
        });
        return lines.join("<br>");
      }).join("<br>");
    }
    // Long words below an axis leave no room for the picture: their ends are kept.
    function shortened(data, layout, width) {
      var words = [], most = width < 600 ? 16 : 26, end = most / 2 - 1;
      function cut(word) { return word.length > most ? word.slice(0, end) + "\u2026" + word.slice(-end) : word; }
      data.forEach(function (trace) {
        if (trace.xaxis && trace.xaxis !== "x") { return; }
        (Array.isArray(trace.x) ? trace.x : []).forEach(function (x) {
          if (typeof x === "string" && words.indexOf(x) < 0) { words.push(x); }
        });
      });
      if (layout.xaxis && words.some(function (word) { return word.length > most; })) {
        layout.xaxis.tickvals = words;
        layout.xaxis.ticktext = words.map(cut);
      }
    }
    function narrowed(data, layout, width) {
      shortened(data, layout, width);
      if (!layout.title || (width >= 600 && String(layout.title.text).length * 9 < width)) { return layout; }
      var lines = function (text) { return text ? text.split("<br>").length : 0; };
      var title = layout.title, under = title.subtitle || {};
      title.font = {size: 15};
      title.text = wrapped(title.text, width / 8.5);
      under.text = wrapped(under.text, width / 6.5);
      var head = 20 * lines(title.text) + 15 * lines(under.text);
      var margin = layout.margin || {}, before = margin.t || 80, top = Math.max(before, head + 40);
      var height = (layout.height || 420) + top - before;
      layout.margin = Object.assign({}, margin, {t: top, l: Math.min(margin.l || 70, 56), r: Math.min(margin.r || 30, 12)});
      title.yref = "container"; title.yanchor = "bottom"; title.y = 1 - (12 + 20 * lines(title.text)) / height;
      layout.height = height;
      Object.keys(layout).filter(function (key) { return /^[xy]axis/.test(key) && layout[key].title; }).forEach(function (key) {
        layout[key].title.text = wrapped(layout[key].title.text, key[0] === "x" ? width / 11 : 24);
      });
      if (layout.showlegend) {
        // Under everything else, on as many lines as its words need.
        var letters = 0;
        data.forEach(function (trace) { if (trace.showlegend !== false) { letters += 8 + String(trace.name || "").length; } });
        var room = 30 + 22 * Math.ceil(letters * 7.5 / (width - 40));
        layout.height += room;
        title.y = 1 - (12 + 20 * lines(title.text)) / layout.height;
        layout.legend = Object.assign({}, layout.legend, {orientation: "h", yref: "container", yanchor: "bottom", y: 0.01, x: 0});
        layout.margin.b = (margin.b || 60) + room;
      }
      return layout;
    }
    var colours = null, width = null;
    function show(light) {
      var now = !light && isDark(), across = place.clientWidth;
      if (colours === now && width === across) { return; }
      colours = now; width = across;
      var copy = JSON.parse(JSON.stringify(spec));
      if (now) { copy = recoloured(copy); }
      var layout = narrowed(copy.data, copy.layout, across);
      place.style.height = (layout.height || 420) + "px";
      // The buttons would lie on a title that needs the whole width.
      var buttons = layout.title && layout.title.yref ? {displayModeBar: false} : {};
      window.Plotly.react(place, copy.data, layout, Object.assign({responsive: true, displaylogo: false}, buttons));
    }
    show(false);
    var again = function () { show(false); };
    if (window.matchMedia) { window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again); }
    window.addEventListener("resize", again);
    window.addEventListener("beforeprint", function () { show(true); });
    window.addEventListener("afterprint", again);
    // JupyterLab says its theme on the body.
    new MutationObserver(again).observe(document.body, {attributes: true, attributeFilter: ["data-jp-theme-light", "class"]});
  }
