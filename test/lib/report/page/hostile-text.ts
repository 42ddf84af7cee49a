import fc from "fast-check";

/** Text that has broken pages before, and text like it. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</text></svg><script>alert(1)</script>",
    "<!-- ",
    "-->",
    "]]>",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#60;b&#62;",
    "javascript:alert(1)",
    "\u202e</td>\u2066",
    "\u0000<b>\u0000",
    "\ud800<b>",
    "`onload=`",
    "constructor",
    "__proto__",
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc
    .array(fc.constantFrom("<", ">", "&", '"', "'", "`", "/", "=", " ", "\n", "a", "-", "!", "x3c"), {
      minLength: 1,
      maxLength: 60,
    })
    .map((parts) => parts.join("")),
);
