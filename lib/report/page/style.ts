/** The look of the page: on light and dark screens of any width, and on A4. It holds no value of anything. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1d1f;--soft:#565c63;--line:#d4d8dd;--tint:#f4f5f7;--link:#1d4f91;
--passed:#176b3a;--failed:#a81e18;--warned:#835000;--sampled:#55427e;--stands:#46607d;--leaves:#b3541e;
--extract:#46607d;--transform:#3c7a73;--load:#7a5c9e;--validate:#8a6d1f}
@media (prefers-color-scheme:dark){:root{--paper:#15181b;--ink:#e8eaec;--soft:#a9b1b9;--line:#3a4046;--tint:#1e2226;
--link:#8fb8ef;--passed:#74cf98;--failed:#ff8f85;--warned:#efb75c;--sampled:#bfa9ec;--stands:#8ba7c7;--leaves:#f09a66;
--extract:#8ba7c7;--transform:#7dc0b8;--load:#b79bdb;--validate:#d3b560}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:2rem 1.25rem 3rem;max-width:72rem;overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.2;font-weight:650;margin:0;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;font-weight:650;margin:0 0 .6rem}
h3{font-size:1rem;font-weight:650;margin:0 0 .4rem}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
code{font:.875em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
section{margin:2.75rem 0 0}
.skip{position:absolute;left:-100vw;top:0;background:var(--paper);padding:.5rem 1rem;z-index:1}
.skip:focus{left:0}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.kind{color:var(--soft);margin:0 0 .3rem}
.id{font-size:1.05rem;color:var(--soft);margin:.3rem 0 0}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:.7rem 0;margin:1.2rem 0 0;border-block:1px solid var(--line)}
.verdict{margin-top:1.5rem;border-left:.5rem solid var(--tone);padding:.2rem 0 .2rem 1.25rem}
.verdict h2{font-size:2.6rem;line-height:1.15;color:var(--tone);margin:0 0 .5rem}
.verdict.passed{--tone:var(--passed)}.verdict.failed{--tone:var(--failed)}.verdict.warned{--tone:var(--warned)}
.sign{display:inline-block;min-width:1.1em}
.seal{margin:1rem 0 0}
.seal dt{color:var(--soft)}
.seal dd{margin:0}
.seal dd code{font-size:1rem}
.how,small{color:var(--soft);font-size:.875rem}
small{display:block;font-weight:400}
.none,.share{color:var(--soft);font-weight:400}
.share{padding-left:1rem}
.passed{color:var(--passed)}.failed{color:var(--failed)}.warned{color:var(--warned)}.sampled{color:var(--sampled)}
.verdict.passed,.verdict.failed,.verdict.warned{color:inherit}
.mark{white-space:nowrap;font-weight:600}
.attention,.attention+p{margin:.4rem 0}
.attention{list-style:none;padding:0}
.attention li{padding:.35rem 0 .35rem 6.25rem;text-indent:-6.25rem;border-top:1px solid var(--line)}
.attention .mark{display:inline-block;min-width:5.95rem;text-indent:0}
.flows{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:1.5rem 2.5rem;margin:1rem 0 1.5rem}
figure{margin:0;break-inside:avoid}
svg{display:block;overflow:hidden}
svg text{font-size:.875rem;fill:var(--ink)}
.wide th.n{white-space:normal}
svg .n{text-anchor:end;font-variant-numeric:tabular-nums}
svg .track{fill:var(--line);opacity:.55}
svg .stands{fill:var(--stands)}svg .leaves{fill:var(--leaves)}
svg .extract{fill:var(--extract)}svg .transform{fill:var(--transform)}svg .load{fill:var(--load)}svg .validate{fill:var(--validate)}
svg.span{min-width:11rem;margin:.3rem 0}
.scroll{position:relative;overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.4}
caption{text-align:left;font-weight:600;padding:0 0 .4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:normal}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--line);vertical-align:bottom}
tbody th{font-weight:500}
td,tbody th{max-width:26rem;overflow-wrap:break-word}
.n{padding-left:.4rem;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.n .lines{display:inline-block;max-width:19rem;text-align:left;white-space:normal;overflow-wrap:break-word}
.group .mark{margin-left:.6rem}
.group th{padding-top:1.1rem;font-weight:650;border-bottom-color:var(--soft)}
.value{white-space:break-spaces;background:var(--tint);padding:.05em .25em;border-radius:2px;unicode-bidi:isolate}
.hash{overflow-wrap:anywhere;word-break:break-all}
td .hash{display:inline-block;min-width:17rem}
.message{white-space:pre-line}
.inputs{list-style:none;margin:0;padding:0;white-space:nowrap}
details{margin:.8rem 0}
summary{cursor:pointer;font-weight:600;padding:.25rem 0}
.sign-off table{table-layout:fixed;min-width:34rem}
.sign-off tbody th,.sign-off tbody td{height:3.6rem;vertical-align:bottom;border-bottom:1px solid var(--ink);border-right:1rem solid transparent}
.sign-off thead th{border-bottom:0}
footer{margin-top:3rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem}
@media (max-width:30rem){body{padding:1.25rem 1rem 2rem}h1{font-size:1.5rem}.verdict h2{font-size:2rem}
td:not(.n),tbody th{min-width:7.5rem}}
@media print{@page{size:A4;margin:16mm 14mm 18mm;@bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,sans-serif;color:#444}}
:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--tint:#f2f2f2;--link:#000;
--passed:#176b3a;--failed:#a81e18;--warned:#835000;--sampled:#55427e;--stands:#46607d;--leaves:#b3541e;
--extract:#46607d;--transform:#3c7a73;--load:#7a5c9e;--validate:#8a6d1f}
html{font-size:9.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{max-width:none;padding:0}
nav,.skip{display:none}
a{text-decoration:none}
section{margin-top:1.8rem}
h2,h3,caption,summary,.group{break-after:avoid}
tr,li,.verdict,.sign-off{break-inside:avoid}
thead{display:table-header-group}
.scroll{overflow:visible}
.sign-off table{min-width:0}
table{font-size:8pt}
th,td{padding-right:.6rem}
.inputs{white-space:normal}
.wide{font-size:6.5pt}.wide th,.wide td{padding-right:.35rem}.wide .n{padding-left:0}
td .hash{min-width:9rem}
svg.span{min-width:7rem}
.flows{grid-template-columns:repeat(3,1fr);gap:1rem 1.5rem}
details::details-content{content-visibility:visible;block-size:auto;height:auto}
summary{list-style:none}}
`;
