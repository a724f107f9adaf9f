// SPDX-License-Identifier: BSL-1.0
// Keeps up to date what the server has drawn. What is told of others is only ever set as text.
"use strict";

const buckets_max = 360;
const line_at = 18;
const titles = ["trying", "stopped", "connected"];
const services = new Map(); // by name: what was told last, and when
const list = document.getElementById("services");
const filter = document.getElementById("filter");
const found = document.getElementById("found");
const live = document.getElementById("live");
let order = []; // names, as in the configuration

function say(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

function set_text(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function field(row, name) {
  return row.querySelector(`[data-field="${name}"]`);
}

function set_fact(row, name, text) {
  const value = field(row, name);
  set_text(value, text);
  value.parentElement.hidden = text === "";
}

/** How much has gone by since the server told it, by the clock of this machine alone. */
function passed(service) {
  return (performance.now() - service.told_at) / 1000;
}

/** What is known up to now: the server told it a while ago, and nothing has changed since. */
function runs_until_now(service) {
  const runs = service.timeline ? service.timeline.runs.map((run) => [...run]) : [];
  const minutes = Math.floor(passed(service) / 60);
  if (minutes > 0) {
    const whole = 60;
    runs.push([Math.min(minutes, buckets_max),
      service.standing === "connected" ? whole : 0, service.standing === "trying" ? whole : 0]);
  }
  let surplus = runs.reduce((sum, run) => sum + run[0], 0) - buckets_max;
  while (surplus > 0) {
    const cut = Math.min(surplus, runs[0][0]);
    surplus -= cut;
    runs[0][0] -= cut;
    if (runs[0][0] === 0) runs.shift();
  }
  return runs;
}

function draw(row, service) {
  const runs = runs_until_now(service);
  const total = runs.reduce((sum, run) => sum + run[0], 0);
  let x = buckets_max - total;
  let above = "";
  let below = "";
  let connected = 0;
  let trying = 0;
  const begin = x;
  for (const [count, up, down] of runs) {
    const height = Math.floor(up * 16 / 60);
    const depth = Math.max(Math.floor(down * 10 / 60), 4);
    if (height > 0) above += `M${x} ${line_at}v-${height}h${count}v${height}z`;
    if (down > 0) below += `M${x} ${line_at}v${depth}h${count}v-${depth}z`;
    connected += count * up;
    trying += count * down;
    x += count;
  }
  const svg = row.querySelector(".timeline");
  svg.querySelector(".above").setAttribute("d", above);
  svg.querySelector(".below").setAttribute("d", below);
  svg.querySelector(".base").setAttribute("d", `M${begin} ${line_at}H${buckets_max}`);
  const percent = (part) => Math.round(part * 100 / (total * 60));
  svg.setAttribute("aria-label", total === 0 ? "nothing is known yet" :
    `Of the last ${say(total * 60)}: connected ${percent(connected)} %, trying ${percent(trying)} %, ` +
    `stopped ${percent(total * 60 - connected - trying)} %`);
}

function trouble(service) {
  if (service.standing !== "trying") return "";
  const parts = [];
  const failure = service.last_failure;
  if (failure) parts.push(`${failure.reason} (in ${failure.phase})`);
  if (service.failures > 1) parts.push(`${service.failures} failures in a row`);
  if (service.next_attempt_seconds !== null) {
    const left = service.next_attempt_seconds - passed(service);
    parts.push(left > 0 ? `next attempt in ${say(left)}` : "next attempt now");
  }
  return parts.join(" · ");
}

/** What changes because time goes by. */
function show_times(row, service) {
  set_text(field(row, "since"), say(service.since_seconds + passed(service)));
  const matter = field(row, "trouble");
  const text = trouble(service);
  set_text(matter, text);
  matter.hidden = text === "";
  const failure = service.last_failure;
  set_fact(row, "last_failure", !failure ? "" : failure.ago_seconds === undefined ? failure.story :
    `${say(failure.ago_seconds + passed(service))} ago: ${failure.story}`);
}

function show(row, service) {
  row.dataset.standing = service.standing;
  set_text(field(row, "state"), service.state);
  set_text(field(row, "job"), service.job);
  set_fact(row, "endpoint", service.endpoint);
  set_fact(row, "why", service.standing === "trying" ? service.why : "");
  set_fact(row, "connections", String(service.connections));
  set_fact(row, "attempt", String(service.attempt));
  set_fact(row, "readiness", service.ready ? "yes" :
    service.must_be_ready ? "not yet, and the whole waits for it" : "not yet");
  show_times(row, service);
  draw(row, service);
  if (row.open) show_attempts(row);
}

const rows = new Map(); // by name
for (const row of list.querySelectorAll(".service")) adopt(row);

function adopt(row) {
  rows.set(row.dataset.name, row);
  row.addEventListener("toggle", () => { if (row.open) show_attempts(row); });
}

function make_row(name) {
  const row = document.getElementById("row").content.firstElementChild.cloneNode(true);
  row.dataset.name = name;
  set_text(row.querySelector(".name"), name);
  row.querySelector(".source a").href = `/api/services/${encodeURIComponent(name)}`;
  adopt(row);
  return row;
}

function section_of(standing) {
  return list.querySelector(`section[data-standing="${standing}"] .services`);
}

/** Puts a row where the configuration has it, within the section of its standing. */
function place(row, position, standing) {
  const section = section_of(standing);
  const at = (other) => position.get(other.dataset.name);
  const { previousElementSibling: previous, nextElementSibling: next } = row;
  if (row.parentElement === section && (!previous || at(previous) < at(row)) && (!next || at(row) < at(next)))
    return;
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  row.remove();
  let after = section.lastElementChild;
  while (after && at(after) > at(row)) after = after.previousElementSibling;
  if (after) after.after(row);
  else section.prepend(row);
  if (focused) focused.focus({ preventScroll: true });
}

function update(told) {
  const now = performance.now();
  const gone = new Set(told.removed);
  if (told.all) {
    for (const name of [...rows.keys(), ...services.keys()]) gone.add(name);
    order = [];
  }
  for (const service of told.services) {
    services.set(service.name, { ...service, told_at: now });
    gone.delete(service.name);
  }
  for (const name of gone) {
    rows.get(name)?.remove();
    rows.delete(name);
    services.delete(name);
  }
  order = [...new Set([...order, ...told.services.map((service) => service.name)])];
  const position = new Map(order.map((name, index) => [name, index]));
  for (const { name, standing } of told.services) {
    const row = rows.get(name) ?? make_row(name);
    show(row, services.get(name));
    place(row, position, standing);
  }
  summarise();
  apply_filter();
}

function summarise() {
  const count = { trying: 0, stopped: 0, connected: 0 };
  for (const service of services.values()) ++count[service.standing];
  const total = services.size;
  let text = total === 0 ? "No services" :
    count.trying !== 0 ? `${count.trying} of ${total} not connected` :
    count.stopped === 0 && total !== 1 ? `All ${total} connected` : `${count.connected} connected`;
  if (count.stopped !== 0) text += `, ${count.stopped} stopped`;
  set_text(document.getElementById("summary"), text);
  document.title = `${text} · holdfast`;
}

function apply_filter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const shown = { trying: 0, stopped: 0, connected: 0 };
  for (const [name, row] of rows) {
    const s = services.get(name);
    const text = (s ? `${name} ${s.endpoint} ${s.job} ${s.state} ${s.standing} ${s.why} ` +
      `${s.last_failure ? s.last_failure.reason : ""}` : row.textContent).toLowerCase();
    const fits = words.every((word) => text.includes(word));
    row.hidden = !fits;
    if (fits) ++shown[row.dataset.standing];
  }
  for (const standing of titles) {
    const section = list.querySelector(`section[data-standing="${standing}"]`);
    section.hidden = shown[standing] === 0;
    set_text(section.querySelector(".count"), String(shown[standing]));
  }
  const sum = shown.trying + shown.stopped + shown.connected;
  set_text(found, words.length === 0 ? "" : `${sum} of ${rows.size} shown`);
}

function cell(row, kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  row.append(element);
  return element;
}

async function show_attempts(row) {
  let told;
  try {
    const answer = await fetch(`/api/services/${encodeURIComponent(row.dataset.name)}`);
    if (!answer.ok) return;
    told = await answer.json();
  } catch {
    return; // the server is gone; the line at the top says so
  }
  const attempts = told.attempts.reverse();
  if (attempts.length === 0) return;
  const table = document.createElement("table");
  table.createCaption().textContent = "Last attempts, the newest first";
  const head = table.createTHead().insertRow();
  for (const title of ["Attempt", "Began", "Lasted", "Outcome"]) cell(head, "th", title).scope = "col";
  const body = table.createTBody();
  for (const a of attempts) {
    const line = body.insertRow();
    cell(line, "td", String(a.attempt));
    cell(line, "td", new Date(a.began).toLocaleTimeString());
    cell(line, "td", say((new Date(a.ended ?? told.now) - new Date(a.connected ?? a.began)) / 1000));
    cell(line, "td", a.failure ? `${a.connected ? "lost" : `failed in ${a.failure.phase}`}: ${a.failure.reason}` :
      a.ended ? "stopped" : a.connected ? "connected" : "goes on");
  }
  row.querySelector(".attempts").replaceChildren(table);
}

let overtaking = null; // what was pushed while all is being asked for, which may be older
let refreshed = Promise.resolve();

async function refresh() {
  overtaking = [];
  try {
    const answer = await fetch("/api/services");
    if (answer.ok) update({ ...await answer.json(), all: true });
  } catch {
    // the server is gone, which onerror tells
  } finally {
    const pushed = overtaking;
    overtaking = null;
    for (const told of pushed) update(told);
  }
}

function watch() {
  const events = new EventSource("/api/events");
  events.onopen = () => {
    refreshed = refreshed.then(refresh); // something may have changed before it was told of
    document.body.classList.remove("stale");
    set_text(live, "Live");
  };
  events.addEventListener("services", (event) => {
    const told = JSON.parse(event.data);
    if (overtaking) overtaking.push(told);
    else update(told);
  });
  events.onerror = () => {
    document.body.classList.add("stale");
    set_text(live, `The connection to holdfast was lost; this is how it stood at ${new Date().toLocaleTimeString()}`);
    if (events.readyState === EventSource.CLOSED) setTimeout(watch, 5000);
  };
}

document.getElementById("search").hidden = false;
document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("input", apply_filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === "Escape" && document.activeElement === filter) {
    filter.value = "";
    apply_filter();
  }
});
setInterval(() => {
  if (document.hidden || document.body.classList.contains("stale")) return;
  for (const [name, row] of rows) {
    const service = services.get(name);
    if (service && !row.hidden) show_times(row, service);
  }
}, 1000);
setInterval(() => {
  for (const [name, row] of rows) {
    const service = services.get(name);
    if (service) draw(row, service);
  }
}, 60000);
watch();
