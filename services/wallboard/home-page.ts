/** No script, no style, nothing from anywhere: the page is words and links. */
export const PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What a browser shows at the root until there are screens. */
export const HOME_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>takt</title></head>
<body>
<h1>takt runs</h1>
<ul>
<li>POST /v1/events: send events</li>
<li><a href="/v1/kpis">GET /v1/kpis</a>: the KPIs of the catalogue</li>
<li>GET /v1/values?kpi=NAME: their values</li>
<li><a href="/v1/status">GET /v1/status</a>: how far the work is</li>
<li><a href="/metrics">GET /metrics</a>: figures for Prometheus</li>
<li><a href="/healthz">GET /healthz</a>, <a href="/readyz">GET /readyz</a>: for those who watch over takt</li>
</ul>
</body>
</html>
`;
