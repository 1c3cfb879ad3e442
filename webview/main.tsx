import { render } from 'preact';
import { App } from './app.js';
import { vsCodeHost } from './host.js';
import { listeningStore } from './listeningStore.js';
import './styles/base.css';
import './styles/frame.css';
import './styles/map.css';
import './styles/strip.css';
import './styles/sidePane.css';
import './styles/legend.css';
import './styles/layers.css';
import './styles/narrow.css';

const root = document.getElementById('root');
if (root) render(<App store={listeningStore(vsCodeHost())} />, root);
