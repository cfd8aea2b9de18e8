"""SieveScript (RFC 9661) and VacationResponse (RFC 8621 8)."""
import json
from push import Events

SIEVE = 'urn:ietf:params:jmap:sieve'


def clean(c):
    c.alice.call('SieveScript/set', onSuccessDeactivateScript=True)
    ids = [s['id'] for s in c.alice.call('SieveScript/get')['list']]
    c.alice.call('SieveScript/set', destroy=ids)


def put(c, text, name=None, **more):
    blob = c.alice.upload(text.encode(), 'application/sieve')['blobId']
    return c.alice.call('SieveScript/set', create={'k': {'name': name, 'blobId': blob}}, **more)


def check_session(c):
    a = c.alice.session['accounts'][c.alice.id]['accountCapabilities'][SIEVE]
    assert c.alice.session['capabilities'][SIEVE]['implementation'].startswith('Postern')
    assert c.alice.session['primaryAccounts'][SIEVE] == c.alice.id
    assert a['maxSizeScriptName'] == 512 and a['maxSizeScript'] == 1000000 and a['maxNumberScripts'] == 100
    assert 'fileinto' in a['sieveExtensions'] and a['externalLists'] is None


def check_create_get_activate(c):
    clean(c)
    state = c.alice.call('SieveScript/get')['state']
    r = put(c, 'require "fileinto"; fileinto "Junk";', 'main', onSuccessActivateScript='#k')
    made = r['created']['k']
    assert r['oldState'] == state != r['newState'] and made['isActive'] is True and 'name' not in made, r
    got = c.alice.call('SieveScript/get', ids=[made['id'], 'nosuch'])
    assert got['list'] == [{'id': made['id'], 'name': 'main', 'blobId': made['blobId'], 'isActive': True}], got
    assert got['notFound'] == ['nosuch'] and got['state'] == r['newState']
    a = c.alice.download(made['blobId'], 'main.siv', 'application/sieve')
    assert a.status == 200 and a.body == b'require "fileinto"; fileinto "Junk";' and a.header('content-type') == 'application/sieve'
    assert c.bob.download(made['blobId']).status == 404
    # Another is activated: the first is told of.
    r = put(c, 'keep;', onSuccessActivateScript='#k')
    assert r['updated'] == {made['id']: {'isActive': False}} and r['created']['k']['isActive'] and r['created']['k']['name'], r
    second = r['created']['k']['id']
    r = c.alice.call('SieveScript/set', update={made['id']: {'name': 'renamed'}}, onSuccessActivateScript=made['id'])
    assert r['updated'] == {made['id']: {'isActive': True}, second: {'isActive': False}}, r
    r = c.alice.call('SieveScript/set', onSuccessActivateScript='nosuch')
    assert r['updated'] is None
    r = c.alice.call('SieveScript/set', destroy=[made['id'], second])
    assert r['destroyed'] == [second] and r['notDestroyed'][made['id']]['type'] == 'sieveIsActive', r
    r = c.alice.call('SieveScript/set', onSuccessDeactivateScript=True)
    assert r['updated'] == {made['id']: {'isActive': False}}
    # A changed text has another blob id; the old one is no more.
    blob = c.alice.upload(b'stop;', 'application/sieve')['blobId']
    r = c.alice.call('SieveScript/set', update={made['id']: {'blobId': blob}})
    new = c.alice.call('SieveScript/get', ids=[made['id']], properties=['blobId'])['list'][0]['blobId']
    assert new != made['blobId'] and r['updated'][made['id']]['blobId'] == new
    assert c.alice.download(new).body == b'stop;' and c.alice.download(made['blobId']).status == 404
    # One script's blob makes another.
    r = c.alice.call('SieveScript/set', create={'k': {'name': 'copy', 'blobId': new}})
    assert r['created']['k'], r


def check_errors(c):
    clean(c)
    r = put(c, 'kep;', 'bad')
    e = r['notCreated']['k']
    assert e['type'] == 'invalidSieve' and '1:1' in e['description'], e
    made = put(c, 'keep;', 'one')['created']['k']['id']
    e = put(c, 'keep;', 'one')['notCreated']['k']
    assert e['type'] == 'alreadyExists' and e['existingId'] == made, e
    r = c.alice.call('SieveScript/set', update={made: {'id': 'other'}})
    assert r['notUpdated'][made] == {'type': 'invalidProperties', 'properties': ['id']}, r
    assert c.alice.call('SieveScript/set', update={made: {'id': made}})['updated'] == {made: None}
    # Nothing is activated unless all went well.
    r = put(c, 'kep;', 'bad', onSuccessActivateScript=made)
    assert r['updated'] is None and not c.alice.call('SieveScript/get', ids=[made])['list'][0]['isActive']
    blob = c.alice.upload(b'keep;')['blobId']
    for wrong in ({'blobId': blob, 'name': 'a/b'}, {'blobId': blob, 'name': ''}, {'blobId': blob, 'name': 'x' * 513},
                  {'blobId': blob, 'isActive': True}, {'name': 'n'}, {'blobId': blob, 'what': 1}, {'blobId': 7}):
        e = c.alice.call('SieveScript/set', create={'k': wrong})['notCreated']['k']
        assert e['type'] == 'invalidProperties', (wrong, e)
    e = c.alice.call('SieveScript/set', create={'k': {'blobId': 'Gnone'}})['notCreated']['k']
    assert e['type'] == 'blobNotFound' and e['notFound'] == ['Gnone'], e
    big = c.alice.upload(b'#' * 1000001)['blobId']
    assert c.alice.call('SieveScript/set', create={'k': {'blobId': big}})['notCreated']['k']['type'] == 'tooLarge'
    assert c.alice.call('SieveScript/set', update={'s1-99': {'name': 'x'}})['notUpdated']['s1-99']['type'] == 'notFound'
    assert c.alice.error('SieveScript/set', ifInState='nonsense') == 'stateMismatch'
    assert c.alice.error('SieveScript/get', properties=['text']) == 'invalidArguments'


def check_validate(c):
    good, bad = (c.alice.upload(t)['blobId'] for t in (b'keep;', b'if'))
    assert c.alice.call('SieveScript/validate', blobId=good)['error'] is None
    assert c.alice.call('SieveScript/validate', blobId=bad)['error']['type'] == 'invalidSieve'
    assert c.alice.error('SieveScript/validate', blobId='Gnone') == 'blobNotFound'


def check_query(c):
    clean(c)
    ids = {}
    for name in ('beta', 'alpha', 'gamma'):
        ids[name] = put(c, 'keep;', name)['created']['k']['id']
    c.alice.call('SieveScript/set', onSuccessActivateScript=ids['beta'])

    def query(**more):
        names = {v: k for k, v in ids.items()}
        return [names[i] for i in c.alice.call('SieveScript/query', **more)['ids']]
    assert query() == ['alpha', 'beta', 'gamma']
    assert query(sort=[{'property': 'name', 'isAscending': False}]) == ['gamma', 'beta', 'alpha']
    assert query(sort=[{'property': 'isActive', 'isAscending': False}, {'property': 'name'}]) == ['beta', 'alpha', 'gamma']
    assert query(filter={'isActive': True}) == ['beta']
    assert query(filter={'name': 'a', 'isActive': False}) == ['alpha', 'gamma']
    assert query(filter={'operator': 'NOT', 'conditions': [{'name': 'mm'}]}) == ['alpha', 'beta']
    assert query(position=1, limit=1) == ['beta']
    assert c.alice.call('SieveScript/query', calculateTotal=True)['total'] == 3
    assert c.alice.error('SieveScript/query', filter={'size': 1}) == 'unsupportedFilter'
    assert c.alice.error('SieveScript/query', sort=[{'property': 'size'}]) == 'unsupportedSort'


def check_vacation_response(c):
    def get():
        return c.alice.call('VacationResponse/get')['list'][0]
    c.alice.call('VacationResponse/set', update={'singleton': {'isEnabled': False, 'subject': None, 'textBody': None,
                                                              'fromDate': None, 'toDate': None, 'htmlBody': None}})
    assert get() == {'id': 'singleton', 'isEnabled': False, 'fromDate': None, 'toDate': None, 'subject': None, 'textBody': None,
                     'htmlBody': None}
    # V08: what looks like Sieve and SMTP is data.
    text = '";stop;\r\n.\r\n'
    r = c.alice.call('VacationResponse/set', update={'singleton': {'isEnabled': True, 'textBody': text, 'fromDate': '2026-11-30T00:00:00Z'}})
    assert r['updated'] == {'singleton': None} and r['oldState'] != r['newState']
    assert get()['textBody'] == text and get()['fromDate'] == '2026-11-30T00:00:00Z'
    got = c.alice.call('VacationResponse/get', ids=['singleton', 'other'], properties=['isEnabled'])
    assert got['list'] == [{'id': 'singleton', 'isEnabled': True}] and got['notFound'] == ['other']
    r = c.alice.call('VacationResponse/set', create={'k': {}}, destroy=['singleton'], update={'singleton': {'toDate': 'soon'}})
    assert r['notCreated']['k']['type'] == r['notDestroyed']['singleton']['type'] == 'singleton'
    assert r['notUpdated']['singleton'] == {'type': 'invalidProperties', 'properties': ['toDate']}, r
    c.alice.call('VacationResponse/set', update={'singleton': {'isEnabled': False}})


def check_push(c):
    clean(c)
    events = Events(c, 'types=SieveScript,VacationResponse&closeafter=no&ping=0')
    r = put(c, 'keep;', 'pushed')
    assert events.next()[1]['changed'][c.alice.id] == {'SieveScript': r['newState']}
    r = c.alice.call('VacationResponse/set', update={'singleton': {'subject': 'away'}})
    assert events.next()[1]['changed'][c.alice.id] == {'VacationResponse': r['newState']}
    events.close()
