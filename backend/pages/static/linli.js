// What makes the pages a little better where scripts run. Every page works without this file.
"use strict";

// Leaving: the content is gone at once, and Back does not return (location.replace).
const exit = document.getElementById("exit");
if (exit) {
  const leave = () => {
    document.body.replaceChildren();
    document.title = "";
    location.replace(exit.href);
  };
  exit.addEventListener("click", (event) => { event.preventDefault(); leave(); });
  let shifts = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") { shifts = []; return; }
    if (event.repeat) return;
    shifts = [...shifts.filter((at) => event.timeStamp - at < 5000), event.timeStamp];
    if (shifts.length >= 3) leave();
  });
}

// Where the device is, only when asked.
const locate = document.getElementById("locate");
if (locate && navigator.geolocation) {
  const told = document.getElementById("located");
  const put = (name, value) => { document.getElementById(name).value = value; };
  document.getElementById("locate-row").hidden = false;
  locate.addEventListener("click", () => {
    told.textContent = told.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put("lat", coords.latitude.toFixed(6));
        put("lon", coords.longitude.toFixed(6));
        put("accuracy_m", Math.min(Math.round(coords.accuracy), 100000));
        told.textContent = told.dataset.found.replace("{metres}", Math.round(coords.accuracy));
      },
      () => { told.textContent = told.dataset.failed; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

// Photos that the server could not take are said here, before what was typed is lost with them.
const photo = document.getElementById("photo");
const isTooMuch = () => photo && [...photo.files].reduce((sum, file) => sum + file.size, 0) > Number(photo.dataset.most);

// One tap is one sending. Coming back to the page makes its buttons usable again.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (isTooMuch()) {
      event.preventDefault();
      document.getElementById("photo-much").hidden = false;
      photo.focus();
      return;
    }
    form.dataset.sent = "yes";
    const button = form.querySelector("[data-busy]");
    if (button) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy; }
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const button = form.querySelector("[data-label]");
    if (button) button.textContent = button.dataset.label;
  }
});

// What was wrong is read first.
document.querySelector("#summary, #refused")?.focus();
