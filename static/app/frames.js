// A mail is shown in a frame as tall as the mail, so that nothing scrolls within the page.

export function startFrames() {
  for (const frame of document.querySelectorAll("iframe.mail-frame")) {
    frame.addEventListener("load", () => follow(frame));
    if (frame.contentDocument?.readyState === "complete") follow(frame);
  }
}

// The frame's document is of our own origin and runs no scripts: we measure it from outside.
function follow(frame) {
  const body = frame.contentDocument?.body;
  if (!body || frame.contentDocument.URL === "about:blank") return;
  const fit = () => {
    frame.height = Math.ceil(body.getBoundingClientRect().height) + 2;
  };
  fit();
  new ResizeObserver(fit).observe(body);
}
