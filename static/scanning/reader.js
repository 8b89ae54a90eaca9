// Reads codes on frames, apart from the page: the browser's own reader where it has one for what stands on boxes, else ZXing in
// WebAssembly. Only this worker's policy lets anything compile WebAssembly.

const NEEDED = ["data_matrix", "code_128", "ean_13", "qr_code"];
const OURS = [...NEEDED, "ean_8", "upc_a", "upc_e", "itf", "code_39", "pdf417", "aztec"];
const FORMATS = ["DataMatrix", "QRCode", "Code128", "EAN13", "EAN8", "UPCA", "UPCE", "ITF14", "DataBar", "Code39", "PDF417", "Aztec"];

let reading = null;

async function own() {
  if (!("BarcodeDetector" in self)) return null;
  const there = await BarcodeDetector.getSupportedFormats();
  if (!NEEDED.every((format) => there.includes(format))) return null;
  const detector = new BarcodeDetector({ formats: OURS.filter((format) => there.includes(format)) });
  return async (frame) => (await detector.detect(frame)).map((code) => code.rawValue);
}

async function compiled() {
  importScripts("../vendor/zxing-reader.js");
  const wasm = new URL("../vendor/zxing_reader.wasm", self.location.href).href;
  await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  const options = { formats: FORMATS, textMode: "Plain", maxNumberOfSymbols: 8 };
  return async (frame) => (await ZXingWASM.readBarcodes(frame, options)).filter((code) => code.isValid).map((code) => code.text);
}

self.onmessage = async ({ data }) => {
  try {
    reading ??= own().then((reader) => reader ?? compiled());
    const codes = await (await reading)(data.frame);
    self.postMessage({ codes: [...new Set(codes.filter(Boolean))] });
  } catch (fault) {
    self.postMessage({ fault: String(fault) });
  }
};
