"""What people look at. Every page is a pure function from values to HTML: no requests, no SQL, no scripts.

article      one article in one language; withdrawn articles
lists        home page, channel page
search       the form, and what is found (its address, too)
reference    the API, call by call
refusals     what each problem means; errors for browsers
provenance   how a text came to be, in words
linked_data  schema.org NewsArticle
topics       the subjects by name
pictures     which file of a picture, which addresses
wording      catalogues, dates, names of languages
environment  Jinja2, the stylesheet
rows         what the views fill
views        the pages' addresses: request → values → page
visitors     who looks: in which language, with whose key
"""

from server.pages.article import render_article_page
from server.pages.environment import CONTENT_SECURITY_POLICY, read_stylesheet
from server.pages.lists import render_channel_page, render_home_page, render_outlet_page
from server.pages.reference import render_reference_page
from server.pages.refusals import render_error_page, render_problem_page
from server.pages.rows import ArticleRow, ChannelRow, FeedLink, ProblemRow
from server.pages.wording import LOCALES

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "LOCALES",
    "ArticleRow",
    "ChannelRow",
    "FeedLink",
    "ProblemRow",
    "read_stylesheet",
    "render_article_page",
    "render_channel_page",
    "render_error_page",
    "render_home_page",
    "render_outlet_page",
    "render_problem_page",
    "render_reference_page",
]
