/**
 * A document for tests without a browser: nodes, attributes, text, and nothing that reads HTML. Elements take no other
 * properties than these, so a test fails where a module sets one that would be an attribute in a browser.
 */

class Node {
    /** @type {Node | null} */
    parentNode = null;
    /** @type {Node[]} */
    childNodes = [];

    get textContent() { return this.childNodes.map((node) => node.textContent).join(""); }

    /** Of elements with a name or a class, or of all, in order. */
    querySelectorAll(selector) {
        return this.childNodes.filter((node) => node instanceof Element).flatMap((child) => [
            ...(["*", child.localName, `.${child.getAttribute("class")}`].includes(selector) ? [child] : []),
            ...child.querySelectorAll(selector),
        ]);
    }

    append(...nodes) { this.#insert(this.childNodes.length, nodes); }
    replaceChildren(...nodes) {
        for (const node of this.childNodes) node.parentNode = null;
        this.childNodes = [];
        this.append(...nodes);
    }
    before(...nodes) { this.parentNode.#insert(this.parentNode.childNodes.indexOf(this), nodes); }
    remove() {
        const siblings = this.parentNode?.childNodes;
        siblings?.splice(siblings.indexOf(this), 1);
        this.parentNode = null;
    }

    #insert(index, nodes) {
        const added = nodes.flatMap((node) => {
            if (!(node instanceof Node)) return new Text(node);
            if (!(node instanceof DocumentFragment)) return node;
            const children = node.childNodes;
            node.childNodes = [];
            return children;
        });
        for (const node of added) {
            if (node.parentNode?.childNodes.includes(node)) node.remove();
            node.parentNode = this;
        }
        this.childNodes = [...this.childNodes.slice(0, index), ...added, ...this.childNodes.slice(index)];
    }
}

class Text extends Node {
    constructor(data) {
        super();
        this.data = String(data);
    }
    get textContent() { return this.data; }
}

class DocumentFragment extends Node {}

class Element extends Node {
    attributes = new Map();
    listeners = new Map();

    constructor(localName) {
        super();
        if (!/^[a-z][a-z\d]*$/.test(localName)) throw new Error(`No element is called ${localName}.`);
        this.localName = localName;
        Object.preventExtensions(this);
    }

    get dataset() {
        return new Proxy(this, {
            get: (element, name) => element.getAttribute(`data-${String(name)}`) ?? undefined,
            set: (element, name, value) => {
                element.setAttribute(`data-${String(name)}`, value);
                return true;
            },
        });
    }
    getAttribute(name) { return this.attributes.get(name) ?? null; }
    setAttribute(name, value) {
        if (!/^[a-z][a-z-]*$/.test(name)) throw new Error(`No attribute is called ${name}.`);
        this.attributes.set(name, String(value));
    }
    addEventListener(type, listener) { this.listeners.set(type, listener); }
}

export const nodes = {
    createElement: (name) => new Element(name),
    createTextNode: (text) => new Text(text),
    createDocumentFragment: () => new DocumentFragment(),
};

/**
 * What is below a node, on one line: `p("a ", a{https://b.example/}("c"), br)`. In braces is where a link leads, a list
 * starts, how a cell is aligned, and the class of a box. Text in several nodes is one text here.
 */
export function outline(node) {
    const parts = [];
    let text = "";
    for (const child of node.childNodes) {
        if (child instanceof Text) {
            text += child.data;
        } else {
            if (text) parts.push(JSON.stringify(text));
            text = "";
            const [detail] = ["href", "start", "align", "class"].map((name) => child.getAttribute(name)).filter(Boolean);
            const inside = outline(child);
            parts.push(child.localName + (detail ? `{${detail}}` : "") + (inside ? `(${inside})` : ""));
        }
    }
    if (text) parts.push(JSON.stringify(text));
    return parts.join(", ");
}
