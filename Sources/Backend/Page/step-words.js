/**
 * What steps are called. The runtime tells of a step in English words, such as `Click button "Check"`; from them come
 * the tool that they belong to and the words in the person's language.
 */

/**
 * The forms of each tool's words: what they look like, and the words to show, whose values are the pattern's groups.
 * @type {Record<string, [RegExp, string][]>}
 */
const forms = {
    update_plan: [[/^Plan: (?<done>\S+) of (?<all>\S+) steps done$/s, "run.step.plan"]],
    web_search: [[/^Search the web for "(?<what>.*)"$/s, "run.step.search"]],
    find_playbook: [[/^Look for a playbook: (?<what>.*)$/s, "run.step.playbook"]],
    remember: [[/^Remember: (?<what>.*)$/s, "run.step.remember"]],
    list_memories: [[/^Look at what is remembered$/, "run.step.memories"]],
    forget: [[/^Forget (?<what>.*)$/s, "run.step.forget"]],
    ask_person: [[/^Ask: (?<what>.*)$/s, "run.step.ask"]],
    browse: [[/^Hand over: (?<what>.*)$/s, "run.step.browse"]],
    hand_over: [[/^Give the browser to the person: (?<what>.*)$/s, "run.step.handOver"]],
    navigate: [[/^Open (?<what>\S+)$/, "run.step.open"]],
    snapshot: [[/^Look at the page$/, "run.step.look"]],
    screenshot: [[/^Take a picture of the page$/, "run.step.picture"]],
    read_page: [
        [/^Read the page$/, "run.step.readPage"],
        [/^Read (?<what>\S+)$/, "run.step.read"],
    ],
    find_text: [[/^Find "(?<what>.*)"$/s, "run.step.find"]],
    wait_for_text: [
        [/^Wait for "(?<what>.*)" to go$/s, "run.step.waitGone"],
        [/^Wait for "(?<what>.*)"$/s, "run.step.wait"],
    ],
    scroll: [
        [/^Scroll up$/, "run.step.scrollUp"],
        [/^Scroll down$/, "run.step.scrollDown"],
        [/^Scroll /, ""],
    ],
    go_back: [[/^Go back$/, "run.step.back"]],
    reload: [[/^Load the page again$/, "run.step.reload"]],
    tabs: [
        [/^Switch to tab (?<what>.*)$/, "run.step.tabSwitch"],
        [/^Close tab (?<what>.*)$/, "run.step.tabClose"],
        [/^Look at the tabs$/, "run.step.tabs"],
    ],
    downloads: [[/^Look at the downloads$/, "run.step.downloads"]],
    click: [
        [/^Double-click (?<what>.*)$/s, "run.step.doubleClick"],
        [/^Click (?<what>.*)$/s, "run.step.click"],
    ],
    fill_secret: [[/^Fill the secret (?<secret>.*?) into (?<what>.*)$/s, "run.step.fillSecret"]],
    fill: [
        [/^Fill (?<what>e\d+) with "(?<text>.*)"$/s, "run.step.fillWith"],
        [/^Fill (?!the secret )(?<what>.*)$/s, "run.step.fill"],
    ],
    type: [
        [/^Type "(?<text>.*)" into (?<what>e\d+)$/s, "run.step.typeText"],
        [/^Type into (?<what>.*)$/s, "run.step.type"],
    ],
    select: [[/^Choose "(?<text>.*)" in (?<what>.*)$/s, "run.step.select"]],
    check: [
        [/^Uncheck (?<what>.*)$/s, "run.step.uncheck"],
        [/^Check (?<what>.*)$/s, "run.step.check"],
    ],
    press: [[/^Press (?<what>.*)$/s, "run.step.press"]],
    hover: [[/^Point at (?<what>.*)$/s, "run.step.hover"]],
    drag: [[/^Drag (?<what>.*) to (?<to>.*)$/s, "run.step.drag"]],
};

/** The roles of controls that have a word of their own. */
const roles = new Set([
    "button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "option", "tab", "menuitem",
    "switch",
]);

/** The tools that work in the browser, of which a picture may have been kept. */
const browserTools = new Set([
    "navigate", "snapshot", "screenshot", "find_text", "wait_for_text", "scroll", "go_back", "reload", "tabs", "click",
    "fill", "fill_secret", "type", "select", "check", "press", "hover", "drag", "hand_over", "read_page",
]);

/**
 * Whether a step's words may be those of a tool. Tools that are not known here may say anything.
 * @param {string} tool
 * @param {string} title
 */
export function isTitleOf(tool, title) {
    return forms[tool]?.some(([pattern]) => pattern.test(title)) ?? true;
}

/**
 * The tool that a step's words belong to; empty where none is known.
 * @param {string} title
 */
export function toolOf(title) {
    return Object.keys(forms).find((tool) => tool !== "browse" && isTitleOf(tool, title)) ?? "";
}

/** @param {string} tool */
export function worksInBrowser(tool) {
    return browserTools.has(tool);
}

/**
 * A step in words for the person.
 * @param {{name: string, title: string}} step
 * @param {(key: string, values?: Record<string, string>) => string} t
 */
export function stepWords({ name, title }, t) {
    if (!title || title === name) return t(forms[name] ? `run.tool.${name}` : "run.tool.other", { name });
    for (const [pattern, key] of forms[name] ?? []) {
        const found = pattern.exec(title);
        if (!found) continue;
        if (!key) return title;
        const values = { ...found.groups };
        for (const place of ["what", "to"]) {
            if (values[place]) values[place] = control(values[place], t);
        }
        if (name === "navigate" || name === "read_page") values.what = shortAddress(values.what);
        return t(key, values);
    }
    return title;
}

/** A control such as `textbox "Name"`, with the role in the person's words. */
function control(what, t) {
    const [, role, rest] = /^([a-z]+)( ".*)$/s.exec(what) ?? [];
    return roles.has(role) ? `${t(`run.role.${role}`)}${rest}` : what;
}

/** An address without what is the same for nearly all of them. */
function shortAddress(address = "") {
    return address.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "");
}
