/** Creates elements declaratively. Strings always become text nodes, so untrusted text never becomes markup. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] `class`, `on<Event>` listeners, `data`, and attributes. `true` sets an
 *     empty attribute; `false`, `null`, and `undefined` set none.
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === false || value === null || value === undefined) continue;
        if (name.startsWith("on")) made.addEventListener(name.slice(2).toLowerCase(), value);
        else if (name === "data") Object.assign(made.dataset, value);
        else made.setAttribute(name, value === true ? "" : String(value));
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

/** The element of index.html with this ID. @param {string} id @returns {HTMLElement} */
export function byID(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`index.html has no element with the id ${id}.`);
    return found;
}

let lastID = 0;

/** Creates a unique ID, to associate a label with a field. @param {string} name */
export function freshID(name) {
    lastID += 1;
    return `${name}-${lastID}`;
}
