/** marked as the page loads it. Without Debian's libjs-marked the tests that need it are left out, but not in CI. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const path = process.env.AI4AI_MARKED ?? "/usr/share/javascript/marked/marked.min.js";
const isMissing = !existsSync(path) && !process.env.CI;
if (!isMissing) window.marked = createRequire(import.meta.url)(path);

/** A test that needs marked. */
export function testMarkdown(name, check) {
    test(name, { skip: isMissing && "marked is missing. Install it: apt-get install libjs-marked" }, check);
}
