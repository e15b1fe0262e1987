// Kinds of elements.

const skipped = new Set(["script", "style", "noscript", "template", "head", "link", "meta", "canvas", "object"]);
const blocks = new Set([
  "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt",
  "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend",
  "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "br",
]);
/** The built-in elements that can have a shadow root. Custom elements, which have a hyphen in their name, can too. */
const hosts = new Set(["article", "aside", "blockquote", "div", "footer", "header", "main", "nav", "p", "section", "span"]);
/** The roles of controls that can contain other controls. */
const holders = new Set(["listbox", "treeitem", "option", "tab", "link", "button"]);
const isInline = (element) => ["inline", "contents"].includes(getComputedStyle(element).display);
const interactiveSelector = [
  "a[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary", "[contenteditable]", "[onclick]",
  "[tabindex]:not([tabindex^='-'])", "area[href]", ...[...actionRoles].map((role) => `[role=${role}]`),
].join(", ");
const linkText = (element, name) => `[${name}](${shorten(String(element.href?.baseVal ?? element.href), 500)})`;
