"""What admins look at and do in a browser, under /admin (CONTRACT §4): pages over what the API's calls answer.

A page decides nothing by itself: it asks what `server/handlers` asks, and shows the answer in the admin's language.
Forms are sent by POST without scripts; what was done is answered by 303 to a page that shows it, what could not be done
by the same page with the reason and everything that was typed. `access.check_origin` refuses other sites' forms.

overview  what needs an admin, the worst first
routing   the routing part of the file, previewed and saved; history: its versions; proposals: two admins
explain   why an article is or is not somewhere
forms     what a form says: fields, a file, where to go next
pages     templates/admin in the frame that all these pages share
queue     the jobs, what was given up
deliveries  who gets pushes, what was not delivered, what is read
audit     who has changed what
keys      whose keys there are; issue, invite, rotate, revoke; owners: who can have some
glossary  the terms; another table in their place; terms: what that changes
"""
