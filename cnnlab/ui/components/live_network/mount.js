// The stage on the page. Streamlit sends a component's script again with every change of its data, so this one is short:
// the module comes with the networks, once, and may be loaded later.
export default function (component) {
  if (globalThis.cnnlabLive) return globalThis.cnnlabLive(component);
  let end;
  document.addEventListener("cnnlab-live", () => (end = globalThis.cnnlabLive(component)), { once: true });
  return () => end?.();
}
