// What the language service of the Cucumber extension makes of our glue file and features: arguments are its folder (node_modules/…),
// the glue file, and feature files; prints one JSON object.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
const [place, glue, ...features] = process.argv.slice(2)
const at = (path) => import(pathToFileURL(`${place}/dist/esm/src/${path}`).href)
const service = await at('index.js')
const { WasmParserAdapter } = await at('tree-sitter-wasm/WasmParserAdapter.js')
const adapter = new WasmParserAdapter(`${place}/dist`)
await adapter.init()
const source = { languageName: 'tsx', uri: pathToFileURL(glue).href, content: readFileSync(glue, 'utf-8') }
const built = new service.ExpressionBuilder(adapter).build([source], [])
const expressions = built.expressionLinks.map((link) => link.expression)
const texts = features.map((file) => readFileSync(file, 'utf-8'))
const draft = '# language: ja\n機能: 甲\n  シナリオ: 乙\n    もし このような文はない'
console.log(JSON.stringify({
  errors: built.errors.map(String),
  sentences: expressions.length,
  problems: texts.flatMap((text, n) => service.getGherkinDiagnostics(text, expressions).map((one) => `${features[n]} ${one.range.start.line + 1} ${one.message}`)),
  undefined: service.getGherkinDiagnostics(draft, expressions).length,
  coloured: service.getGherkinSemanticTokens(texts[0], expressions).data.length / 5,
}))
