"""Feeds of our own in every kind, English and French."""

from __future__ import annotations

RSS_2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Le guichet</title><link>https://guichet.example/</link><language>fr-CA</language>
<item><title>Les d&#233;lais s&#8217;allongent</title><link>https://guichet.example/delais?utm_source=rss</link>
<guid isPermaLink="false">g-2</guid><pubDate>Sun, 22 Nov 2026 10:00:00 -0500</pubDate>
<dc:creator>Une autrice</dc:creator>
<description>R&#233;sum&#233;</description>
<content:encoded><![CDATA[<p>Il faut <b>six</b> mois &agrave; Qu&eacute;bec.</p>
<ul><li>Un</li><li>Deux</li></ul>]]></content:encoded></item>
<item><title>R&amp;D : le cr&#233;dit d'imp&#244;t</title><link>/rd</link><guid>https://guichet.example/?p=1</guid>
<pubDate>Dim, 22 nov 2026 09:00:00 +0000</pubDate><description>Texte simple</description></item>
</channel></rss>"""

RSS_1 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://harbour.example/"><title>Harbour notes</title><link>https://harbour.example/</link>
<description>d</description></channel>
<item rdf:about="https://harbour.example/1"><title>The dredging grant</title><link>https://harbour.example/1</link>
<description>The café pays again.</description><dc:date>2026-11-20T08:00:00Z</dc:date></item></rdf:RDF>"""

RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:1/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old town</title><link>https://old.example/</link><description>d</description>
<language>en</language><item><title>Ferry fares</title><link>https://old.example/ferry</link>
<description>Fares go up.</description></item></channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://valley.example/blog/">
<title>Valley watch</title><id>urn:valley</id><updated>2026-11-21T10:00:00Z</updated>
<entry><title type="html">Benefits &amp;amp; forms</title><id>urn:valley:1</id><link href="one"/>
<updated>2026-11-21T10:00:00Z</updated><author><name>Pat</name></author>
<content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>One form.</p><p>Two weeks.</p></div></content></entry>
<entry xml:lang="fr"><title>Prestations</title><id>urn:valley:2</id><link href="two"/>
<published>2026-11-20T10:00:00+01:00</published><updated>2026-11-21T10:00:00Z</updated>
<summary type="text">Un &lt;b&gt; reste un &lt;b&gt;.</summary></entry></feed>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Quai", "language": "fr", "items": [
 {"id": "a", "url": "/a", "title": "Le  quai", "content_html": "<p>Un&nbsp;quai</p>", "date_published":
  "2026-11-22T10:00:00-05:00", "authors": [{"name": "Alex"}, {"name": "Sam"}, 3]},
 {"id": 7, "external_url": "https://x.example/7", "content_text": "One\\n\\n two  words", "language": "en"},
 {"id": "c", "summary": "Short", "author": {"name": "Kim"}}, "not an item"]}"""
