/**
 * Localized titles of steps, from the step's data. `StepTitle.swift` has the titles for terminals.
 *
 * @typedef {{role: string, label: string, hint?: string}} Element
 * @typedef {{name: string, input: string, elements?: Record<string, Element>, title?: string}} Titled
 *     Steps stored by earlier versions have a `title`, which is used as is.
 */

const clicks = { single: "run.step.click", double: "run.step.doubleClick", right: "run.step.rightClick" };

/**
 * The text key and values for each tool's step.
 * @type {Record<string, (input: any, element: (argument: string) => string | undefined) => [string, Record<string, any>?]>}
 */
const titles = {
    update_plan: ({ done, steps }) => ["run.step.plan", { done, all: steps?.length }],
    web_search: ({ query }) => ["run.step.search", { what: query }],
    find_playbook: ({ query }) => ["run.step.playbook", { what: query }],
    remember: ({ fact }) => ["run.step.remember", { what: fact }],
    list_memories: () => ["run.step.memories"],
    forget: () => ["run.step.forget"],
    ask_person: ({ question }) => ["run.step.ask", { what: question }],
    repeat_task: ({ recipe }) => ["run.step.repeat", { what: recipe }],
    browse: ({ goal }) => ["run.step.browse", { what: goal }],
    hand_over: ({ request }) => ["run.step.handOver", { what: request }],
    navigate: ({ url }) => ["run.step.open", { what: shortAddress(url) }],
    snapshot: () => ["run.step.look"],
    screenshot: () => ["run.step.picture"],
    read_page: ({ url }) => (url ? ["run.step.read", { what: shortAddress(url) }] : ["run.step.readPage"]),
    read_table: () => ["run.step.readTable"],
    save_page: () => ["run.step.savePage"],
    read_file: ({ name }) => (name ? ["run.step.readFile", { what: name }] : ["run.tool.read_file"]),
    find_text: ({ text }) => ["run.step.find", { what: text }],
    wait_for_text: ({ text, gone }) => [gone ? "run.step.waitGone" : "run.step.wait", { what: text }],
    scroll: ({ pages }) => [pages < 0 ? "run.step.scrollUp" : "run.step.scrollDown"],
    go_back: () => ["run.step.back"],
    reload: () => ["run.step.reload"],
    tabs({ switchTo, close }) {
        if (switchTo) return ["run.step.tabSwitch", { what: switchTo }];
        return close ? ["run.step.tabClose", { what: close }] : ["run.step.tabs"];
    },
    downloads: () => ["run.step.downloads"],
    click: ({ kind }, element) => [clicks[kind] ?? clicks.single, { what: element("ref") }],
    click_at: ({ kind, what, toX }) => [toX === undefined ? clicks[kind] ?? clicks.single : "run.step.dragAt", { what }],
    select_text: ({ text }) => ["run.step.selectText", { what: text }],
    note: ({ fact }) => ["run.step.note", { what: fact }],
    give_up: ({ reason }) => ["run.step.giveUp", { what: reason }],
    fill_secret: ({ secret }, element) => ["run.step.fillSecret", { secret, what: element("ref") }],
    upload: ({ files }, element) => ["run.step.upload", { text: files?.join?.(", ") ?? files, what: element("ref") }],
    fill: ({ text }, element) => ["run.step.fillWith", { text, what: element("ref") }],
    type: ({ text }, element) => ["run.step.typeText", { text, what: element("ref") }],
    select: ({ option, options }, element) => [
        "run.step.select", { text: options?.join?.(", ") ?? option, what: element("ref") }],
    check: ({ checked }, element) => [
        checked === false ? "run.step.uncheck" : "run.step.check", { what: element("ref") }],
    press: ({ key }) => ["run.step.press", { what: key }],
    hover: (_, element) => ["run.step.hover", { what: element("ref") }],
    drag: ({ to }, element) => to
        ? ["run.step.drag", { what: element("from"), to: element("to") }] : ["run.step.dragAt", { what: element("from") }],
};

/** The element roles with a localized name. */
const roles = new Set([
    "button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "option", "tab", "menuitem",
    "switch",
]);

/** The tools that act in the browser, whose steps may have a picture. */
const browserTools = new Set([
    "navigate", "snapshot", "screenshot", "find_text", "wait_for_text", "scroll", "go_back", "reload", "tabs", "click",
    "click_at", "select_text", "fill", "fill_secret", "type", "select", "check", "press", "hover", "drag", "hand_over", "read_page",
    "upload", "save_page", "read_table",
]);

/** @param {string} tool */
export function worksInBrowser(tool) {
    return browserTools.has(tool);
}

/**
 * A step's title in the user's language.
 * @param {Titled} step
 * @param {(key: string, values?: Record<string, any>) => string} t
 */
export function stepTitle({ name, input, elements = {}, title }, t) {
    if (title) return title;
    const known = titles[name];
    const given = parsed(input);
    if (!known || !given) return t(known ? `run.tool.${name}` : "run.tool.other", { name });
    const element = (argument) => (elements[argument] ? elementText(elements[argument], t) : undefined);
    const [key, values = {}] = known(given, element);
    // A step that hasn't started has no elements yet, and models may omit required arguments.
    return Object.values(values).includes(undefined) ? t(`run.tool.${name}`) : t(key, values);
}

/** A tool's arguments; `null` while they're incomplete. */
function parsed(input) {
    if (!input) return null;
    try {
        const value = JSON.parse(input);
        return typeof value === "object" ? value : null;
    } catch {
        return null;
    }
}

/** An element such as `button "Pay"`, with its role in the user's language. @param {Element} element */
function elementText(element, t) {
    const { role } = element;
    return `${roles.has(role) ? t(`run.role.${role}`) : role} "${element.hint ?? element.label}"`;
}

/** An address without its scheme, `www.`, and trailing slash. */
function shortAddress(address) {
    return typeof address === "string" ? address.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "") : undefined;
}
