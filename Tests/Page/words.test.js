import { heard } from "./browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyName } from "../../Sources/Backend/Page/browser-keys.js";
import english from "../../Sources/Backend/Page/i18n-en.js";
import malay from "../../Sources/Backend/Page/i18n-ms.js";
import runEnglish from "../../Sources/Backend/Page/i18n-run-en.js";
import runMalay from "../../Sources/Backend/Page/i18n-run-ms.js";
import { formatNumber, has, language, setLanguage, t } from "../../Sources/Backend/Page/i18n.js";
import { preferences, setPreference } from "../../Sources/Backend/Page/preferences.js";
import { chatOf, pathOf } from "../../Sources/Backend/Page/router.js";
import { stepTitle, worksInBrowser } from "../../Sources/Backend/Page/step-titles.js";
import { webAddress } from "../../Sources/Backend/Page/web-address.js";

const en = { ...english, ...runEnglish };
const ms = { ...malay, ...runMalay };

test("both languages have the same texts", () => {
    assert.deepEqual(Object.keys(ms).sort(), Object.keys(en).sort());
});

test("a text and its translation name the same values", () => {
    const names = (entry) => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort();
    for (const key of Object.keys(en)) assert.deepEqual(names(ms[key]), names(en[key]), key);
});

test("a missing text is shown as its key", () => {
    assert.equal(t("nobody.has.written.this"), "nobody.has.written.this");
    assert.equal(has("nobody.has.written.this"), false);
    assert.equal(has("close"), true);
});

test("numbers are formatted for the language", () => assert.equal(formatNumber(1234567), "1,234,567"));

test("a language change is stored and dispatches an event", async () => {
    await setLanguage("ms");
    assert.deepEqual([language(), preferences().language, document.documentElement.lang], ["ms", "ms", "ms"]);
    assert.ok(heard.includes("ai4ai:language"));
    assert.equal(t("close"), ms.close);
    await setLanguage("en");
});

test("unreadable preferences count as empty", () => {
    localStorage.setItem("ai4ai.preferences", "{broken");
    assert.deepEqual(preferences(), {});
    setPreference("theme", "dark");
    assert.deepEqual(preferences(), { theme: "dark" });
    setPreference("theme", undefined);
    assert.deepEqual(preferences(), {});
});

test("a chat's id and its path convert both ways", () => {
    for (const chat of [null, "0193-a", "a/b", "ü%"]) assert.equal(chatOf(pathOf(chat)), chat);
    for (const path of ["/chat/", "/chat/a/b", "/other", "/chat/%E0"]) assert.equal(chatOf(path), undefined, path);
});

test("an invalid URL is null", () => {
    assert.equal(webAddress("https://a.example/b?c").host, "a.example");
    for (const text of ["", "a.example", null, undefined, {}]) assert.equal(webAddress(text), null, `${text}`);
});

const pressed = (key, more = {}) => keyName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

for (const [name, event, expected] of [
    ["a letter is text", pressed("a"), null],
    ["Enter is a key", pressed("Enter"), "Enter"],
    ["a modifier is sent with its key", pressed("Tab", { shiftKey: true }), "Shift+Tab"],
    ["the space bar is a key", pressed(" "), "Space"],
    ["Control with an editing letter is a key", pressed("A", { ctrlKey: true }), "Control+a"],
    ["the Command key counts as Control", pressed("z", { metaKey: true }), "Control+z"],
    ["pasting is left to the user's browser", pressed("v", { ctrlKey: true }), null],
    ["a new tab is left to the user's browser", pressed("t", { ctrlKey: true }), null],
    ["Alt is left to the system", pressed("Enter", { altKey: true }), null],
    ["characters typed with AltGr are text", pressed("q", { ctrlKey: true, getModifierState: () => true }), null],
]) test(`keys: ${name}`, () => assert.equal(event, expected));

test("a step's title is built from its tool and element, in the user's language", async () => {
    const pay = { name: "click", input: '{"ref":"e5"}', elements: { ref: { role: "button", label: "Pay" } } };
    assert.equal(stepTitle(pay, t), 'Click button "Pay"');
    await setLanguage("ms");
    assert.equal(stepTitle(pay, t), 'Klik butang "Pay"');
    await setLanguage("en");
    assert.equal(stepTitle({ name: "navigate", input: '{"url":"https://www.a.example/"}' }, t), "Open a.example");
});

test("a step without a known element or input is titled by its tool", () => {
    for (const input of ["", '{"re', "null", "{}", '{"ref":"e5"}']) {
        assert.equal(stepTitle({ name: "click", input }, t), en["run.tool.click"], input);
    }
    assert.equal(stepTitle({ name: "another_tool", input: "{}" }, t), "another_tool");
});

test("a step stored by an earlier version keeps its title", () => {
    assert.equal(stepTitle({ name: "click", title: "Weird", input: '{"ref":"e5"}' }, t), "Weird");
});

test("every tool has a title", () => {
    const tools = Object.keys(en).filter((key) => key.startsWith("run.tool.") && key !== "run.tool.other");
    const input = JSON.stringify({
        done: 1, steps: [], query: "q", fact: "f", question: "?", goal: "g", request: "r", url: "https://a.example", text: "t",
        secret: "s", option: "o", key: "k",
    });
    const element = { role: "button", label: "B" };
    for (const key of tools) {
        const title = stepTitle({ name: key.slice(9), input, elements: { ref: element, from: element, to: element } }, t);
        assert.ok(title && !title.includes("run.") && !title.includes("undefined"), `${key}: ${title}`);
    }
});

test("only steps in the browser have pictures", () => {
    assert.equal(worksInBrowser("click"), true);
    assert.equal(worksInBrowser("web_search"), false);
});
