import "./browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "../../Sources/Backend/Page/structured-result.js";

const found = (path) => ({ path, quote: `says ${path}`, url: "https://tax.example/" });
const short = (result) => rowsOf(result).map(({ label, value, quote }) => [label, value, quote]);

test("each single value is a row, with the words that say it", () => {
    const value = { due: 70.5, owner: null, "a/b~c": { isPaid: false }, rows: [{ no: 1 }, { no: 2 }] };
    const evidence = ["/due", "/a~1b~0c/isPaid", "/rows/1/no"].map(found);
    assert.deepEqual(short({ value, evidence }), [
        ["a/b~c › isPaid", "no", "says /a~1b~0c/isPaid"], ["due", "70.5", "says /due"], ["owner", "", ""],
        ["rows › 1 › no", "1", ""], ["rows › 2 › no", "2", "says /rows/1/no"],
    ]);
});

test("a result that is a single value, or none, is one row without a label", () => {
    assert.deepEqual(short({ value: "active", evidence: [found("")] }), [["", "active", "says "]]);
    assert.deepEqual(short({ value: null }), [["", "", ""]]);
    assert.deepEqual(short({ value: { fines: [] } }), [["fines", "", ""]]);
});

test("values that look like markup or like members of objects stay texts", () => {
    const value = JSON.parse('{"__proto__": "<b>", "constructor": {"name": "x"}}');
    assert.deepEqual(short({ value }).map(([label, text]) => [label, text]), [["__proto__", "<b>"], ["constructor › name", "x"]]);
});
