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

test("a text is the key itself where nobody has written one", () => {
    assert.equal(t("nobody.has.written.this"), "nobody.has.written.this");
    assert.equal(has("nobody.has.written.this"), false);
    assert.equal(has("close"), true);
});

test("numbers are written as the language writes them", () => assert.equal(formatNumber(1234567), "1,234,567"));

test("another language is kept, and those who draw hear of it", () => {
    setLanguage("ms");
    assert.deepEqual([language(), preferences().language, document.documentElement.lang], ["ms", "ms", "ms"]);
    assert.ok(heard.includes("ai4ai:language"));
    assert.equal(t("close"), ms.close);
    setLanguage("en");
});

test("preferences that cannot be read are none", () => {
    localStorage.setItem("ai4ai.preferences", "{broken");
    assert.deepEqual(preferences(), {});
    setPreference("theme", "dark");
    assert.deepEqual(preferences(), { theme: "dark" });
    setPreference("theme", undefined);
    assert.deepEqual(preferences(), {});
});

test("a chat's address leads back to it", () => {
    for (const chat of [null, "0193-a", "a/b", "ü%"]) assert.equal(chatOf(pathOf(chat)), chat);
    for (const path of ["/chat/", "/chat/a/b", "/other", "/chat/%E0"]) assert.equal(chatOf(path), undefined, path);
});

test("an address that is none is null", () => {
    assert.equal(webAddress("https://a.example/b?c").host, "a.example");
    for (const text of ["", "a.example", null, undefined, {}]) assert.equal(webAddress(text), null, `${text}`);
});

const pressed = (key, more = {}) => keyName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

for (const [name, event, expected] of [
    ["a letter is text", pressed("a"), null],
    ["Enter is a key", pressed("Enter"), "Enter"],
    ["a modifier goes with its key", pressed("Tab", { shiftKey: true }), "Shift+Tab"],
    ["space presses buttons", pressed(" "), "Space"],
    ["Control and a letter that edits is a key", pressed("A", { ctrlKey: true }), "Control+a"],
    ["the command key is Control", pressed("z", { metaKey: true }), "Control+z"],
    ["pasting is the person's own", pressed("v", { ctrlKey: true }), null],
    ["a new tab belongs to the person's browser", pressed("t", { ctrlKey: true }), null],
    ["Alt is the system's", pressed("Enter", { altKey: true }), null],
    ["the third signs of a keyboard are text", pressed("q", { ctrlKey: true, getModifierState: () => true }), null],
]) test(`keys: ${name}`, () => assert.equal(event, expected));

test("a step's title is made of what it is, in the user's language", () => {
    const pay = { name: "click", input: '{"ref":"e5"}', elements: { ref: { role: "button", label: "Pay" } } };
    assert.equal(stepTitle(pay, t), 'Click button "Pay"');
    setLanguage("ms");
    assert.equal(stepTitle(pay, t), 'Klik butang "Pay"');
    setLanguage("en");
    assert.equal(stepTitle({ name: "navigate", input: '{"url":"https://www.a.example/"}' }, t), "Open a.example");
});

test("a step whose element or input is not known yet is called by its tool", () => {
    for (const input of ["", '{"re', "null", "{}", '{"ref":"e5"}']) {
        assert.equal(stepTitle({ name: "click", input }, t), en["run.tool.click"], input);
    }
    assert.equal(stepTitle({ name: "another_tool", input: "{}" }, t), "another_tool");
});

test("a step that an earlier version stored keeps its title", () => {
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

test("pictures are kept of steps in the browser", () => {
    assert.equal(worksInBrowser("click"), true);
    assert.equal(worksInBrowser("web_search"), false);
});
