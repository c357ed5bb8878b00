/** Shows a live page's updates. Plain JavaScript, as the page's own script; it asks the address the page came from. */
export const LIVE_SCRIPT = `
(() => {
  "use strict";
  const state = document.getElementById("live");
  const pause = document.getElementById("pause");
  const say = (word, text) => {
    if (state.dataset.state === word) return;
    state.dataset.state = word;
    state.textContent = text;
  };
  const address = new URL(location.href);
  address.hash = "";
  address.searchParams.set("events", "");
  let source;
  const connect = () => {
    source = new EventSource(address);
    source.onmessage = (event) => {
      const { subtitle, html, charts } = JSON.parse(event.data);
      say("live", "live");
      document.getElementById("subtitle").textContent = subtitle;
      signalboxShow(html, charts);
    };
    source.onerror = () => say("lost", source.readyState === EventSource.CLOSED ? "stopped; reload to go on" : "connection lost, trying again");
  };
  const leave = () => source?.close();
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    leave();
    if (paused) say("paused", "paused");
    else connect();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted && pause.getAttribute("aria-pressed") !== "true") connect(); });
  connect();
})();
`;
