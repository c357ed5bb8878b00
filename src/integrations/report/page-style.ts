/** The page's look: two themes, one or two columns, tables that become cards on a phone. */
export const PAGE_STYLE = `
:root{--bg:#f6f5f1;--card:#fff;--ink:#1d2127;--dim:#666c75;--line:#e4e2db;--grid:#eceae4;--good:#2c8a57;--warn:#d98a00;--bad:#cf3f36;
--c0:#2a6fb5;--c1:#e08a1e;--c2:#2c8a57;--c3:#b4479a;--c4:#6b5bd2;--c5:#c4453c;--c6:#1797a6;--c7:#8a6d3b;--p50:#a9cbec;--p95:#4f93d4;--p99:#1f5690}
@media(prefers-color-scheme:dark){:root{--bg:#14171c;--card:#1d2128;--ink:#e9e7e1;--dim:#9aa1ab;--line:#2e343d;--grid:#2a2f37;--good:#56c288;--warn:#f0b04a;--bad:#f0675d;
--c0:#6aa9e9;--c1:#f2ab4e;--c2:#56c288;--c3:#e083c6;--c4:#a69af4;--c5:#f0776e;--c6:#54c8d6;--c7:#cdae78;--p50:#335f8e;--p95:#5f9fe0;--p99:#bddbf8}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
header,main{max-width:1320px;margin:0 auto;padding:0 clamp(14px,3vw,32px)}
header{display:flex;gap:14px;align-items:center;padding-top:clamp(18px,3vw,34px);padding-bottom:clamp(14px,2vw,22px)}
header svg{flex:none}
h1{font-size:clamp(21px,3vw,28px);line-height:1.2;margin:0;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:15px;font-weight:650;margin:0}
header p,figcaption p,.table>p{margin:2px 0 0;color:var(--dim);font-size:13px}
.tiles{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(150px,100%),1fr))}
.tile,figure,.table{background:var(--card);border:1px solid var(--line);border-radius:12px}
.tile{padding:13px 15px;display:flex;flex-direction:column;min-width:0}
.tile span{color:var(--dim);font-size:13px}
.tile strong{font-size:clamp(20px,2.4vw,25px);font-weight:650;line-height:1.3;letter-spacing:-.02em;overflow-wrap:anywhere}
.tile small{color:var(--dim);font-size:12px;line-height:1.35}
.charts{display:grid;gap:12px;margin:12px 0;grid-template-columns:minmax(0,1fr)}
@media(min-width:940px){.charts{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}figure:last-child:nth-child(odd){grid-column:1/-1}}
figure{margin:0;padding:15px 15px 10px;min-width:0;display:flex;flex-direction:column}
figcaption{margin-bottom:8px}
.chart{min-width:0;position:relative}
.table{padding:15px;margin-bottom:12px;overflow-x:auto}
.table h2{margin-bottom:8px}
.table>p{margin:-6px 0 8px}
.live button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:6px;padding:0 8px;cursor:pointer}
.live span::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;background:var(--warn);margin-right:6px}
.live span[data-state=live]::before{background:var(--good)}
details{font-size:12.5px;margin-top:6px;overflow-x:auto}
summary{color:var(--dim);cursor:pointer;width:max-content}
details table{border-collapse:collapse;margin-top:4px}
details th,details td{padding:2px 10px 2px 0;text-align:right;font-weight:400;white-space:nowrap;border-top:1px solid var(--line)}
details th:first-child{text-align:left}
:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
.table table{border-collapse:collapse;width:100%;font-size:13.5px}
.table th,.table td{padding:7px 10px;text-align:right;border-top:1px solid var(--line);white-space:nowrap}
.table thead th{border-top:0;color:var(--dim);font-weight:500;font-size:12.5px}
.table th:first-child{text-align:left;font-weight:600;padding-left:0;white-space:normal;overflow-wrap:anywhere}
.table th:last-child,.table td:last-child{padding-right:0}
.table td:last-child{white-space:normal}
.empty{color:var(--dim)}
.u-legend{font:inherit;font-size:12.5px;text-align:left;display:flex;flex-wrap:wrap;gap:0 12px;margin:6px 0 0;color:var(--ink)}
.u-legend tr,.u-legend tbody{display:contents}
.u-legend .u-series{display:inline-flex;align-items:center;padding:1px 0;cursor:pointer}
.u-legend th,.u-legend td{border:0;padding:0 3px 0 0;white-space:nowrap}
.u-inline .u-value{display:inline;color:var(--dim);margin-left:2px}
.u-legend .u-marker{border-radius:3px;width:11px;height:11px}
.u-legend .u-off>*{opacity:.35}
.u-legend th{font-weight:500}
.key{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12.5px;margin-top:6px}
.key b{font-weight:650;margin-right:4px}
.key i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:5px;vertical-align:-1px}
@media(max-width:640px){
.tiles{grid-template-columns:1fr 1fr;gap:8px}
.tile{padding:11px 12px}
figure{padding:13px 11px 9px}
.table thead{display:none}
.tile:last-child:nth-child(odd){grid-column:1/-1}
.table tr{display:grid;grid-template-columns:1fr 1fr;gap:0 16px;border-top:1px solid var(--line);padding:10px 0}
.table tbody tr:first-child{border-top:0}
.table th:first-child{grid-column:1/-1;font-size:14.5px;padding:0 0 4px}
.table th,.table td,.table td:last-child{border:0;padding:2px 0;white-space:normal;display:flex;justify-content:space-between;gap:8px;min-width:0}
.table td:last-child{grid-column:1/-1}
.table td::before{content:attr(data-label);color:var(--dim);text-align:left}
}
@media print{body{background:#fff}.tile,figure,.table{break-inside:avoid}}
`;
