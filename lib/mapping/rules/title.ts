import { callOf, type NodeFunction } from "../compiled.js";
import { yesNo } from "../grammar.js";
import { titleCase } from "../title-case.js";
import { carrying, defineRule } from "./rule.js";

const titled: NodeFunction = {
  name: "~title",
  parameters: 1,
  load: async () => (values) => {
    const [value = ""] = values;
    return titleCase(value);
  },
};

/** `title: true` writes names with their capitals, as `titleCase` has it: Jean-Luc O'Brien. */
export const title = defineRule({
  kind: "title",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "each word with a capital",
  compile: (_, { previous }) => ({
    ...carrying(callOf(titled, previous)),
    functions: [titled],
  }),
});
