"use strict";
(() => {
  const rows = JSON.parse(document.getElementById("rows").textContent);
  const words = JSON.parse(document.getElementById("words").textContent);
  const [NAME, ADDRESS, CONTAINER, USES, STANDING, REASON, ISSUER, KEY, ENDS, WARNINGS] = Array(10).keys();
  const PRINT_MAX = 2000; // rows that are put on paper
  const CHOICES_MAX = 1000; // nobody looks through a longer list of containers
  const $ = (id) => document.getElementById(id);
  const body = $("body");
  const number = new Intl.NumberFormat("en");

  // ---- text, compared without regard to case and accents ----

  const fold = (text) => /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase()
    : text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  let hay = null; // what is searched, made when it is first needed
  const haystack = () => hay || (hay = rows.map((r) =>
    fold([r[NAME], r[ADDRESS], r[CONTAINER], r[REASON], r[ISSUER], r[KEY], warningsOf(r).map((w) => w.name).join(" ")].join("\n"))));

  const warningsOf = (row) => words.warnings.filter((w, i) => row[WARNINGS] >>> i & 1);

  const dayAfter = (days) => new Date(Date.parse(words.at) + days * 864e5).toISOString().slice(0, 10);

  // ---- which rows, in which order ----

  const COLUMNS = [(r) => fold(r[NAME]), (r) => fold(r[CONTAINER]), (r) => words.usesOrder[r[USES]],
    (r) => r[STANDING], (r) => r[REASON], (r) => fold(r[ISSUER]), (r) => r[KEY], (r) => r[ENDS]];
  const orders = new Map(); // column -> row numbers in its order, ascending
  let sorted = null; // {column, descending}, or null: the order of the input
  let shown = rows.map((_, i) => i);
  let page = 0;

  function orderOf(column) {
    if (!orders.has(column)) {
      const keys = rows.map(COLUMNS[column]);
      const blank = (k) => k === ""; // what has none comes last, whichever way
      orders.set(column, rows.map((_, i) => i).sort((a, b) =>
        blank(keys[a]) - blank(keys[b]) || (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b)));
      orders.get(column).blanks = keys.filter(blank).length;
    }
    return orders.get(column);
  }

  function inOrder() {
    if (!sorted) {
      return rows.map((_, i) => i);
    }
    const order = orderOf(sorted.column);
    if (!sorted.descending) {
      return order;
    }
    const filled = order.length - order.blanks;
    return order.slice(0, filled).reverse().concat(order.slice(filled));
  }

  function endsFilter(wanted) {
    const today = dayAfter(0);
    const has = (row) => row[ENDS] !== "";
    switch (wanted) {
    case "none": return (row) => !has(row);
    case "past": return (row) => has(row) && row[ENDS] < today;
    case "later": return (row) => row[ENDS] > dayAfter(365);
    default: {
      const limit = dayAfter(Number(wanted));
      return (row) => row[ENDS] >= today && row[ENDS] <= limit;
    }
    }
  }

  function warningFilter(wanted) {
    switch (wanted) {
    case "some": return (row) => row[WARNINGS] !== 0;
    case "none": return (row) => row[WARNINGS] === 0;
    default: return (row) => (row[WARNINGS] >>> Number(wanted) & 1) === 1;
    }
  }

  const FILTERS = {
    uses: (wanted) => (row) => row[USES] === Number(wanted),
    standing: (wanted) => (row) => row[STANDING] === Number(wanted),
    warning: warningFilter,
    ends: endsFilter,
    container: (wanted) => { const name = containers[Number(wanted)]; return (row) => row[CONTAINER] === name; },
  };
  const containers = [...new Set(rows.map((r) => r[CONTAINER]))].sort((a, b) => fold(a) < fold(b) ? -1 : 1);

  function choose() {
    const tests = Object.keys(FILTERS).filter((id) => $(id).value !== "").map((id) => FILTERS[id]($(id).value));
    const terms = fold($("search").value).split(/\s+/).filter((term) => term !== "");
    const text = terms.length > 0 ? haystack() : null;
    shown = inOrder().filter((i) => terms.every((term) => text[i].includes(term)) && tests.every((test) => test(rows[i])));
    page = 0;
    show();
  }

  // ---- one row ----

  function make(name, text, attributes) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      element.setAttribute(key, value);
    }
    if (text !== undefined) {
      element.textContent = text;
    }
    return element;
  }

  const LABELS = [...document.querySelectorAll("#table thead th")].map((th) => th.textContent);
  const cell = (column, text, attributes) =>
    make("td", text, {role: "cell", "data-label": LABELS[column], ...attributes});

  function makeRow(row) {
    const tr = make("tr", undefined, {role: "row"});
    const who = make("th", undefined, {scope: "row", role: "rowheader"});
    const uses = cell(2, undefined);
    const reason = cell(4, row[REASON]);
    const warned = warningsOf(row);

    who.append(make("b", row[NAME], {dir: "auto"}));
    if (row[ADDRESS] !== "") {
      const at = row[ADDRESS].indexOf("@");
      const address = make("span", row[ADDRESS], {dir: "auto"});
      if (at >= 0) { // a line may end before it
        address.replaceChildren(row[ADDRESS].slice(0, at), make("wbr"), row[ADDRESS].slice(at));
      }
      who.append(address);
    }
    uses.append(make("span", undefined, {class: "dot is-" + words.uses[row[USES]], "aria-hidden": "true"}), words.uses[row[USES]]);
    if (warned.length > 0) {
      const list = make("ul", undefined, {class: "warned"});
      for (const warning of warned) {
        const item = make("li");
        item.append(make("b", warning.name), ": " + warning.meaning);
        list.append(item);
      }
      reason.append(list);
    }
    tr.append(who, cell(1, row[CONTAINER], {dir: "auto"}), uses, cell(3, words.standings[row[STANDING]]), reason,
      cell(5, row[ISSUER], {dir: "auto"}), cell(6, row[KEY]), cell(7, row[ENDS], {class: "ends"}));
    return tr;
  }

  // ---- the list ----

  const size = () => Number($("size").value);
  const pages = () => Math.max(1, Math.ceil(shown.length / size()));

  function fill(from, to) {
    const fragment = document.createDocumentFragment();
    for (let i = from; i < to && i < shown.length; i++) {
      fragment.append(makeRow(rows[shown[i]]));
    }
    body.replaceChildren(fragment);
  }

  function chosenInWords() {
    const said = Object.keys(FILTERS).filter((id) => $(id).value !== "").map((id) =>
      document.querySelector(`label[for=${id}]`).textContent.toLowerCase().replace("kms", "KMS") + ": " + $(id).selectedOptions[0].textContent);
    if ($("search").value.trim() !== "") {
      said.unshift("search: “" + $("search").value.trim() + "”");
    }
    return said.length > 0 ? " (" + said.join("; ") + ")" : "";
  }

  function show() {
    const from = page * size();
    fill(from, from + size());
    const mailboxes = rows.length === 1 ? " mailbox" : " mailboxes";
    $("status").textContent = shown.length === 0 ? "No mailbox is of this kind."
      : (shown.length === rows.length ? number.format(rows.length) : number.format(shown.length) + " of " + number.format(rows.length)) + mailboxes
        + (pages() > 1 ? ", " + number.format(from + 1) + " to " + number.format(Math.min(from + size(), shown.length)) + " shown" : "");
    $("page").textContent = "Page " + number.format(page + 1) + " of " + number.format(pages());
    $("pages").hidden = pages() === 1;
    $("first").disabled = $("previous").disabled = page === 0;
    $("next").disabled = $("last").disabled = page === pages() - 1;
  }

  function turn(to, button) {
    page = Math.min(Math.max(to, 0), pages() - 1);
    show();
    if (button.disabled) { // the keyboard's place must not be lost
      (button.id === "first" || button.id === "previous" ? $("next") : $("previous")).focus({preventScroll: true});
    }
    $("status").scrollIntoView({block: "start"});
  }

  // ---- what people take hold of ----

  document.querySelectorAll("#table thead th").forEach((th, column) => {
    const button = make("button", th.textContent, {type: "button", class: "sort"});
    button.addEventListener("click", () => {
      sorted = !sorted || sorted.column !== column ? {column, descending: false}
        : sorted.descending ? null : {column, descending: true};
      document.querySelectorAll("#table thead th").forEach((other) => other.removeAttribute("aria-sort"));
      if (sorted) {
        th.setAttribute("aria-sort", sorted.descending ? "descending" : "ascending");
      }
      choose();
    });
    th.replaceChildren(button);
  });

  const option = (id, value, text) => $(id).append(make("option", text, {value}));
  words.usesOrder.map((_, i) => words.usesOrder.indexOf(i)).forEach((i) => option("uses", i, words.uses[i]));
  words.standings.forEach((name, i) => option("standing", i, name));
  words.warnings.forEach((warning, i) => option("warning", i, warning.name));
  if (containers.length <= CHOICES_MAX) {
    containers.forEach((name, i) => option("container", i, name === "" ? "(none)" : name));
  } else {
    $("container").parentElement.hidden = true;
  }

  // From a chart to the rows behind it.
  document.querySelectorAll("[data-filter]").forEach((th) => {
    const id = th.dataset.filter;
    const value = id === "container" ? containers.indexOf(th.dataset.value) : Number(th.dataset.value);
    const button = make("button", th.textContent, {type: "button", class: "jump", title: "Show these mailboxes"});
    if (value < 0 || $(id).parentElement.hidden) {
      return;
    }
    button.addEventListener("click", () => {
      $("controls").reset();
      $(id).value = String(value);
      choose();
      $("list").scrollIntoView();
      $(id).focus({preventScroll: true});
    });
    th.replaceChildren(button);
  });

  $("controls").addEventListener("input", choose);
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("controls").addEventListener("reset", () => setTimeout(choose));
  $("first").addEventListener("click", (e) => turn(0, e.currentTarget));
  $("previous").addEventListener("click", (e) => turn(page - 1, e.currentTarget));
  $("next").addEventListener("click", (e) => turn(page + 1, e.currentTarget));
  $("last").addEventListener("click", (e) => turn(pages() - 1, e.currentTarget));

  // On paper stand all rows that were chosen, up to a limit, and which those are.
  window.addEventListener("beforeprint", () => {
    fill(0, PRINT_MAX);
    $("printed").textContent = number.format(shown.length) + " of " + number.format(rows.length) + " mailboxes" + chosenInWords() + "."
      + (shown.length > PRINT_MAX ? " The first " + number.format(PRINT_MAX) + " are printed." : "");
  });
  window.addEventListener("afterprint", show);

  $("controls").hidden = false;
  choose(); // a browser may have kept what was typed before a reload
  document.documentElement.dataset.ready = "yes";
  setTimeout(haystack, 100);
})();
