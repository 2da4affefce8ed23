"""Servers on the loopback that speak like the NRL archive, the VSO and JSOC, and can be as bad as they."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from lxml import etree

VSO = "http://virtualsolar.org/VSO/VSOi"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


class Server:
    """
    A server of files.

    ``files`` maps paths to contents. ``moods`` maps paths to what happens the next times it is asked: ``"ok"``, a
    status, ``"cut"`` (the connection breaks in the middle), ``"short"`` (a file cut in half, complete by all that HTTP
    says), ``"slow"`` (a byte, then silence), ``"page"`` (a web page with status 200); the last one stays.
    """

    def __init__(self):
        self.files, self.moods, self.asked = {}, {}, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                server._answer(self, body=False)

            def do_GET(self):
                server._answer(self, body=True)

            def do_POST(self):
                server._post(self)

            def log_message(self, *arguments):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self._http.server_port}/"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self):
        """Stop answering."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def count(self, path):
        """Tell how often the content of a path was asked for."""
        return sum(method == "GET" and asked == path for method, asked in self.asked)

    def mood(self, path, *, body):
        """Take the next mood of a path; a HEAD request does not use it up."""
        moods = self.moods.get(path) or ["ok"]
        return moods.pop(0) if body and len(moods) > 1 else moods[0]

    def content(self, path, query):
        """Return what a path holds, `None` for nothing."""
        return self.files.get(path)

    def _answer(self, request, *, body):
        parts = urlsplit(request.path)
        path = parts.path.lstrip("/")
        self.asked.append((request.command, path))
        mood = self.mood(path, body=body)
        content = self.content(path, parse_qs(parts.query))
        if isinstance(content, int) and mood == "ok":
            mood, content = content, b""
        if mood == "page":
            content, mood = b"<!DOCTYPE html><html><body>Please sign in.</body></html>", "ok"
        if isinstance(mood, int) or content is None:
            _send(request, mood if isinstance(mood, int) else 404, b"no", body=body)
            return
        if mood == "short":
            _send(request, 200, content[: len(content) // 2], body=body)
        elif mood in ("cut", "slow") and body:
            self._broken(request, content, mood)
        else:
            _send(request, 200, content, body=body)

    def _broken(self, request, content, mood):
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if mood == "cut" else content[:1])
        request.wfile.flush()
        if mood == "slow":
            self.closing.wait(3.0)
        request.close_connection = True

    def _post(self, request):
        _send(request, 405, b"no", body=True)


def _send(request, status, content, *, body, kind="application/octet-stream"):
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if body:
        request.wfile.write(content)


class NRLServer(Server):
    """The archive of the Naval Research Laboratory: ``YYMMDD/c3/img_hdr.txt`` and the frames."""

    def add(self, name, content, header):
        """Put a frame in, and a line into the index of its day."""
        day, camera = header["date-obs"].replace("/", "")[2:], header["detector"].strip().lower()
        self.files[f"{day}/{camera}/{name}"] = content
        index = f"{day}/{camera}/img_hdr.txt"
        self.files[index] = self.files.get(index, b"") + index_line(name, header).encode()
        return f"{day}/{camera}/{name}"


def index_line(name, header):
    """Write a line as ``reduce_img_hdr.pro`` does."""
    size = "".join(f"{header[key]:7d}" for key in ("naxis1", "naxis2", "p1col", "p1row"))
    words = "  ".join(
        f"{str(header[key])[:width]:>{width}}" for key, width in (("filter", 6), ("polar", 6), ("lp_num", 8))
    )
    return (
        f"{name:>12}  {header['date-obs']:>12}  {header['time-obs'][:8]}  {header['detector']:>3}"
        f"{header['exptime']:8.1f}{size}  {words}{0.0:11.4f}{header.get('os_num', 0):6d}\n"
    )


class VSOServer(Server):
    """
    The broker of the Virtual Solar Observatory: description, Query and GetData, in SOAP.

    ``records`` are dictionaries with ``fileid``, ``start``, ``end``, ``size`` (KiB) and what else a record has;
    ``locations`` maps a fileid to an address; ``fault`` replaces the answer to Query: a status, or an error in words.
    """

    def __init__(self):
        super().__init__()
        self.records, self.locations, self.queries, self.fault = [], {}, [], None
        self.files["wsdl"] = _WSDL.replace("ADDRESS", f"{self.url}cgi-bin/vsoi").encode()
        self.files["cgi-bin/vsoi"] = 411

    @property
    def mirrors(self):
        """Return what `sunpy.net.vso.vso.DEFAULT_URL_PORT` must be."""
        return [{"url": f"{self.url}wsdl", "port": "sdacVSOi"}]

    def _post(self, request):
        envelope = etree.fromstring(request.rfile.read(int(request.headers["Content-Length"])))
        (operation,) = envelope.find(f"{{{_SOAP}}}Body")
        name = etree.QName(operation).localname
        self.asked.append(("POST", name))
        if isinstance(self.fault, int):
            _send(request, self.fault, b"<html>Internal Server Error</html>", body=True, kind="text/html")
            return
        if self.fault == "page":
            _send(request, 200, b"<html>Moved</html>", body=True, kind="text/html")
            return
        inner = self._query(operation) if name == "Query" else self._data(operation)
        answer = (
            f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
            f'<v:{name}Response xmlns:v="{VSO}"><body>{inner}</body></v:{name}Response></soap:Body></soap:Envelope>'
        )
        _send(request, 200, answer.encode(), body=True, kind="text/xml; charset=utf-8")

    def _query(self, operation):
        block = {etree.QName(tag).localname: tag.text for tag in operation.iter() if len(tag) == 0}
        self.queries.append(block)
        if self.fault:
            return f"<provideritem><provider>SDAC</provider><error>{self.fault}</error></provideritem>"
        rows = [r for r in self.records if block["start"] <= r["start"] <= block["end"]]
        items = "".join(self._record(record) for record in rows)
        return (
            f"<provideritem><provider>SDAC</provider><no_of_records_found>{len(rows)}</no_of_records_found>"
            f"<no_of_records_returned>{len(rows)}</no_of_records_returned>"
            + (f"<record>{items}</record>" if rows else "")
            + "</provideritem>"
        )

    def _record(self, record):
        times = f"<time><start>{record['start']}</start><end>{record['end']}</end></time>"
        rest = "".join(f"<{k}>{v}</{k}>" for k, v in record.items() if k not in ("start", "end"))
        return f"<recorditem>{times}<provider>SDAC</provider><source>SOHO</source>{rest}</recorditem>"

    def _data(self, operation):
        wanted = [tag.text for tag in operation.iter() if etree.QName(tag).localname == "fileid"]
        items = "".join(
            f"<dataitem><url>{self.locations[f]}</url><fileiditem><fileid>{f}</fileid></fileiditem></dataitem>"
            for f in wanted
            if f in self.locations
        )
        return (
            "<getdataresponseitem><provider>SDAC</provider><status>200 OK</status><method><methodtype>URL-FILE"
            f"</methodtype></method><getdataitem>{items}</getdataitem></getdataresponseitem>"
        )


class JSOCServer(Server):
    """The JSON interface of JSOC: ``jsoc_info?op=rs_list`` for records with keywords and segments."""

    def __init__(self):
        super().__init__()
        self.records, self.fault = [], None

    def content(self, path, query):
        """Answer ``jsoc_info``; anything else is a file."""
        if path != "cgi-bin/ajax/jsoc_info":
            return self.files.get(path)
        if self.fault is not None:
            return self.fault
        names = list(self.records[0][0]) if self.records else []
        return json.dumps({"status": 0} | self._list(names)).encode()

    def _list(self, names):
        count = len(self.records)
        segment = {"name": "image", "values": [path for _, path in self.records], "dims": ["4096x4096"] * count}
        return {
            "count": count,
            "runtime": 0.1,
            "keywords": [{"name": n, "values": [str(keys[n]) for keys, _ in self.records]} for n in names],
            "segments": [segment],
            "links": [],
        }


def _complex(name, *fields, order="all"):
    rows = "".join(
        f'<xsd:element name="{field}" type="{kind}" minOccurs="0" {many}/>'
        for field, kind, many in ((*f, "")[:3] if len(f) < 3 else f for f in fields)
    )
    return f'<xsd:complexType name="{name}"><xsd:{order}>{rows}</xsd:{order}></xsd:complexType>'


def _strings(*names):
    return [(name, "xsd:string") for name in names]


_MANY = 'maxOccurs="unbounded"'
_TYPES = "".join([
    _complex("Time", *_strings("start", "end", "near")),
    _complex("Extent", *_strings("x", "y", "width", "length", "type")),
    _complex("Wave", *_strings("wavemin", "wavemax", "waveunit", "wavetype")),
    _complex("QueryRequestBlock", ("time", "VSO:Time"), ("extent", "VSO:Extent"), ("wave", "VSO:Wave"),
             *_strings("provider", "source", "instrument", "detector", "physobs", "level", "quicklook", "fileid")),
    _complex("QueryRequest", *_strings("version"), ("block", "VSO:QueryRequestBlock")),
    _complex("RecordItem", *_strings("provider", "source", "instrument", "physobs", "fileid", "info"),
             ("time", "VSO:Time"), ("extent", "VSO:Extent"), ("wave", "VSO:Wave"), ("size", "xsd:float")),
    _complex("Record", ("recorditem", "VSO:RecordItem", _MANY), order="sequence"),
    _complex("ProviderItem", *_strings("provider", "error", "status"), ("no_of_records_found", "xsd:int"),
             ("no_of_records_returned", "xsd:int"), ("record", "VSO:Record")),
    _complex("QueryResponse", ("provideritem", "VSO:ProviderItem", _MANY), order="sequence"),
    _complex("FileidItem", ("fileid", "xsd:string", _MANY), order="sequence"),
    _complex("DataRequestItem", *_strings("provider"), ("fileiditem", "VSO:FileidItem")),
    _complex("DataContainer", ("datarequestitem", "VSO:DataRequestItem", _MANY), order="sequence"),
    _complex("Method", ("methodtype", "xsd:string", _MANY), order="sequence"),
    _complex("Info", *_strings("email", "site", "required")),
    _complex("Request", ("method", "VSO:Method"), ("info", "VSO:Info"), ("datacontainer", "VSO:DataContainer")),
    _complex("VSOGetDataRequest", *_strings("version"), ("request", "VSO:Request")),
    _complex("DataItem", *_strings("url"), ("fileiditem", "VSO:FileidItem")),
    _complex("GetDataItem", ("dataitem", "VSO:DataItem", _MANY), order="sequence"),
    _complex("GetDataResponseItem", *_strings("provider", "status"), ("method", "VSO:Method"),
             ("getdataitem", "VSO:GetDataItem"), ("info", "VSO:Info")),
    _complex("VSOGetDataResponse", ("getdataresponseitem", "VSO:GetDataResponseItem", _MANY), order="sequence"),
])  # fmt: skip


def _operations():
    types = {"Query": ("QueryRequest", "QueryResponse"), "GetData": ("VSOGetDataRequest", "VSOGetDataResponse")}
    messages = "".join(
        f'<message name="{op}{way}"><part name="body" type="VSO:{kind}"/></message>'
        for op, kinds in types.items()
        for way, kind in zip(("In", "Out"), kinds, strict=True)
    )
    port = "".join(
        f'<operation name="{op}"><input message="VSO:{op}In"/><output message="VSO:{op}Out"/></operation>'
        for op in types
    )
    literal = f'<soap:body use="literal" namespace="{VSO}"/>'
    binding = "".join(
        f'<operation name="{op}"><soap:operation soapAction="{VSO}#{op}"/><input>{literal}</input>'
        f"<output>{literal}</output></operation>"
        for op in types
    )
    return messages, port, binding


_MESSAGES, _PORT, _BINDING = _operations()
_WSDL = (
    f'<?xml version="1.0"?><definitions name="VSOi" targetNamespace="{VSO}" xmlns:VSO="{VSO}" '
    'xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
    f'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><types><xsd:schema targetNamespace="{VSO}">{_TYPES}</xsd:schema>'
    f'</types>{_MESSAGES}<portType name="VSOiPort">{_PORT}</portType><binding name="VSOiBinding" type="VSO:VSOiPort">'
    f'<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>{_BINDING}</binding>'
    '<service name="VSOiService"><port name="sdacVSOi" binding="VSO:VSOiBinding"><soap:address location="ADDRESS"/>'
    "</port></service></definitions>"
)


def wait_until(condition, seconds=10.0):
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.01)
