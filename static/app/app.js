// Supply in the browser. Every page works without this file; it makes pages quicker for hands, keys and scanners.
import { startKeys } from "./keys.js";
import { startForms } from "./forms.js";
import { startScanner } from "./scanner.js";
import { startCamera } from "./camera.js";
import { startTables } from "./tables.js";
import { startMenus } from "./menus.js";
import { startToasts } from "./toasts.js";
import { startFrames } from "./frames.js";
import { startFocus } from "./focus.js";
import { startLive } from "./live.js";

startScanner();
startCamera();
startKeys();
startForms();
startTables();
startMenus();
startToasts();
startFrames();
startFocus();
startLive();
