// Buttons that open the camera as a scanner. What it takes is loaded when one is pressed; without it the link leads to the page
// for a photo.

async function onClick(event) {
  const link = event.target.closest("[data-camera]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const { openCamera } = await import("../scanning/camera.js");
    await openCamera(link);
  } catch {
    location.assign(link.href);
  }
}

export function startCamera() {
  document.addEventListener("click", onClick);
}
